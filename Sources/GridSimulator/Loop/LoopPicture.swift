import Foundation

/// Draws what happened as an SVG: for each feed its power, its target, the caps confirmed, and the events as marks.
public struct LoopPicture: Sendable {
    private let record: LoopRecord
    private let title: String
    private let width = 1120.0
    private let left = 76.0
    private let right = 70.0
    private let panelHeight = 300.0
    /// For the labels of the marks, above each panel.
    private let marksHeight = 118.0
    private let end: Double

    public init(_ record: LoopRecord, title: String) {
        self.record = record
        self.title = title
        end = max(10, (record.samples.last?.t ?? 10).rounded(.up))
    }

    /// Colours that the common kinds of colour blindness keep apart.
    private static let power = "#0072b2"
    private static let target = "#d55e00"
    private static let caps = "#009e73"
    private static func colour(of kind: LoopRecord.Mark.Kind) -> String {
        switch kind {
        case .target: target
        case .ramp: "#56697b"
        case .breach: "#b3202a"
        case .enforcement: "#00734f"
        case .incident: "#7a3e9d"
        }
    }

    public var svg: String {
        let panels = record.feeds
        let height = 118 + Double(panels.count) * (panelHeight + marksHeight + 34) + 8
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" "
                + "height=\"\(n(height))\" font-family=\"Helvetica, Arial, sans-serif\" role=\"img\">",
            "<title>\(escape(title))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            text(left, 26, title, size: 17, weight: "bold"),
        ]
        lines += legend(at: 50)
        for (index, feed) in panels.enumerated() {
            lines += panel(feed, top: 104 + Double(index) * (panelHeight + marksHeight + 34) + marksHeight)
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Parts

    private func legend(at top: Double) -> [String] {
        var (x, y) = (left, top)
        var lines: [String] = []
        func entry(_ sample: String, _ label: String) {
            lines.append(sample)
            lines.append(text(x + 32, y + 4, label, size: 12))
            x += 46 + Double(label.count) * 6.3
        }
        entry(line(x, y, x + 26, y, Self.power, 2.2), "feed power (kW)")
        entry(line(x, y, x + 26, y, Self.target, 2, "7 4"), "target (kW)")
        entry(line(x, y, x + 26, y, Self.power, 1.2, "1 3"), "what would be drawn without caps (kW)")
        entry(
            "<rect x=\"\(n(x))\" y=\"\(n(y - 6))\" width=\"26\" height=\"12\" fill=\"\(Self.caps)\" fill-opacity=\"0.22\" "
                + "stroke=\"\(Self.caps)\"/>", "caps confirmed by ima (controls, right)")
        x = left
        y += 22
        for (kind, label): (LoopRecord.Mark.Kind, String) in [
            (.target, "ISV"), (.ramp, "power agent: ramps"), (.breach, "power agent: breach"),
            (.enforcement, "ima: enforcement"), (.incident, "what we did"),
        ] {
            entry(
                "<path d=\"M\(n(x + 13)) \(n(y - 7)) l6 7 l-6 7 l-6 -7 z\" fill=\"\(Self.colour(of: kind))\"/>", label)
        }
        return lines
    }

    private func panel(_ feed: String, top: Double) -> [String] {
        let samples = record.samples.filter { $0.feed == feed }
        let highest = max(1, samples.map { max($0.watts, $0.target ?? 0, $0.demand ?? 0) }.max() ?? 1) / 1000
        let step = Self.step(highest / 5)
        let most = (highest * 1.06 / step).rounded(.up) * step
        let counts = record.caps.filter { $0.feed == feed }
        let maximumCaps = max(1, Double(counts.map(\.count).max() ?? 0))
        let bottom = top + panelHeight
        func x(_ t: Double) -> Double { left + min(max(t, 0), end) / end * (width - left - right) }
        func y(_ kilowatts: Double) -> Double { bottom - kilowatts / most * panelHeight }
        // The caps reach to half of the height, so that they do not hide the power.
        func capsY(_ count: Double) -> Double { bottom - count / maximumCaps * panelHeight * 0.5 }
        var lines = [
            "<g id=\"feed-\(escape(feed))\">",
            text(14, top - 26, feed, size: 14, weight: "bold"),
        ]
        for tick in stride(from: 0.0, through: most + step / 2, by: step) {
            lines.append(line(left, y(tick), width - right, y(tick), "#e3e7eb", 1))
            lines.append(text(left - 8, y(tick) + 4, Self.number(tick), size: 11, anchor: "end"))
        }
        lines.append(text(left - 8, top - 10, "kW", size: 11, anchor: "end"))
        let timeStep = Self.step(end / 10)
        for tick in stride(from: 0.0, through: end, by: timeStep) {
            lines.append(line(x(tick), bottom, x(tick), bottom + 5, "#56697b", 1))
            lines.append(text(x(tick), bottom + 18, Self.number(tick), size: 11, anchor: "middle"))
        }
        lines.append(text(width - right + 8, bottom + 18, "s", size: 11))
        lines += capsArea(counts.map { ($0.t, $0.count) }, x: x, y: capsY, bottom: bottom)
        if counts.contains(where: { $0.count > 0 }) {
            lines.append(
                text(width - right + 8, capsY(maximumCaps) + 4, "\(Int(maximumCaps)) caps", size: 11, fill: Self.caps))
            lines.append(text(width - right + 8, bottom + 2, "0", size: 11, fill: Self.caps))
        }
        lines += targetLines(samples, x: x, y: y)
        let wanted = samples.compactMap { sample in
            sample.demand.map { "\(n(x(sample.t))),\(n(y($0 / 1000)))" }
        }
        lines.append(
            "<polyline class=\"demand\" fill=\"none\" stroke=\"\(Self.power)\" stroke-width=\"1.2\" "
                + "stroke-dasharray=\"1 3\" points=\"\(wanted.joined(separator: " "))\"/>")
        let points = samples.map { "\(n(x($0.t))),\(n(y($0.watts / 1000)))" }.joined(separator: " ")
        lines.append(
            "<polyline class=\"power\" fill=\"none\" stroke=\"\(Self.power)\" stroke-width=\"2.2\" points=\"\(points)\"/>"
        )
        lines.append(line(left, bottom, width - right, bottom, "#56697b", 1))
        lines += marks(of: feed, x: x, top: top, bottom: bottom)
        lines.append("</g>")
        return lines
    }

    private func capsArea(
        _ counts: [(t: Double, count: Int)], x: (Double) -> Double, y: (Double) -> Double, bottom: Double
    ) -> [String] {
        guard !counts.isEmpty else { return [] }
        var path = ""
        var last = 0.0
        for (t, count) in counts {
            path += "\(path.isEmpty ? "M" : "L")\(n(x(t))) \(n(y(last))) L\(n(x(t))) \(n(y(Double(count)))) "
            last = Double(count)
        }
        path += "L\(n(x(end))) \(n(y(last))) L\(n(x(end))) \(n(bottom)) L\(n(x(counts[0].t))) \(n(bottom)) Z"
        return [
            "<path class=\"caps\" d=\"\(path)\" fill=\"\(Self.caps)\" fill-opacity=\"0.18\" stroke=\"\(Self.caps)\" "
                + "stroke-width=\"1\"/>"
        ]
    }

    /// One line for each stretch in which a target is in force.
    private func targetLines(
        _ samples: [LoopRecord.Sample], x: (Double) -> Double, y: (Double) -> Double
    ) -> [String] {
        var stretches: [(from: Double, to: Double, watts: Double)] = []
        for sample in samples {
            guard let target = sample.target else { continue }
            if let last = stretches.last, last.watts == target, sample.t - last.to < 6 {
                stretches[stretches.count - 1].to = sample.t
            } else {
                stretches.append((sample.t, sample.t, target))
            }
        }
        return stretches.map { stretch in
            line(
                x(stretch.from), y(stretch.watts / 1000), x(stretch.to), y(stretch.watts / 1000), Self.target, 2, "7 4",
                name: "target")
        }
    }

    /// Labels stand slanted above the panel, each a little away from the one before.
    private func marks(of feed: String, x: (Double) -> Double, top: Double, bottom: Double) -> [String] {
        var lines: [String] = []
        var free = 0.0
        for mark in record.marks.filter({ $0.feed == nil || $0.feed == feed }).sorted(by: { $0.t < $1.t }) {
            let colour = Self.colour(of: mark.kind)
            let at = x(mark.t)
            let label = max(at, free)
            free = label + 21
            lines.append(line(at, top, at, bottom, colour, 1, "2 3", name: mark.kind.rawValue))
            lines.append(line(at, top, label, top - 12, colour, 1))
            lines.append(
                "<path d=\"M\(n(at)) \(n(top - 6)) l5 6 l-5 6 l-5 -6 z\" fill=\"\(colour)\"><title>"
                    + "\(escape(mark.label)) at \(Self.number(mark.t)) s</title></path>")
            lines.append(
                "<text x=\"\(n(label + 2))\" y=\"\(n(top - 14))\" font-size=\"11\" fill=\"\(colour)\" "
                    + "transform=\"rotate(-38 \(n(label + 2)) \(n(top - 14)))\">\(escape(mark.label))</text>")
        }
        return lines
    }

    // MARK: Pieces

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, _ width: Double,
        _ dashes: String? = nil,
        name: String? = nil
    ) -> String {
        "<line\(name.map { " class=\"\($0)\"" } ?? "") x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" "
            + "stroke=\"\(colour)\" stroke-width=\"\(n(width))\"\(dashes.map { " stroke-dasharray=\"\($0)\"" } ?? "")/>"
    }

    private func text(
        _ x: Double, _ y: Double, _ string: String, size: Double, anchor: String = "start", weight: String = "normal",
        fill: String = "#24323f"
    ) -> String {
        "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" text-anchor=\"\(anchor)\" font-weight=\"\(weight)\" "
            + "fill=\"\(fill)\">\(escape(string))</text>"
    }

    /// A number for a coordinate.
    private func n(_ value: Double) -> String { Self.number((value * 10).rounded() / 10) }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && abs(rounded) < 1e12 ? String(Int(rounded)) : String(rounded)
    }

    /// 1, 2 or 5 times a power of ten, at least as much.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, (log10(max(least, 1e-6))).rounded(.down))
        return ([1, 2, 5, 10].first { $0 * power >= least } ?? 10) * power
    }

    private func escape(_ string: String) -> String {
        string.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
