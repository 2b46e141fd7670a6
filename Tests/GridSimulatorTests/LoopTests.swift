import Foundation
import GridSimulator
import PowerEvents
import StrictJSON
import Testing

struct LoopTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func everyScenarioFileIsRead() throws {
        let folder = Self.root.appendingPathComponent("deploy/scenarios")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 7)
        for file in files {
            let scenario = try LoopScenario.load(folder.appendingPathComponent(file).path)
            #expect(scenario.story.count > 4 && FileManager.default.fileExists(atPath: scenario.inventory), "\(file)")
        }
    }

    private func record() throws -> LoopRecord {
        let conversation = try Conversation.make()
        var record = LoopRecord(start: conversation.start, feeds: ["main-a"])
        for (index, message) in conversation.messages.enumerated() {
            let event = try CloudEvent(decoding: Array(message.payload.utf8))
            guard case .signed(let token) = event.data else { continue }
            let payload = try JSONValue(parsing: try #require(Conversation.payload(of: token)))
            record.take(event.type, payload, correlationID: event.correlationID, at: message.time)
            record.sample(
                ["main-a": [10_000, 9000, 8000, 6800, 7900, 9000, 6900, 6500, 6500][index]], at: message.time)
        }
        return record
    }

    @Test func aRecordTellsWhatItCameTo() throws {
        let record = try record()
        #expect(record.breaches.count == 1 && record.timeToCompliance == 15)
        #expect(try record.timeToShed(#require(record.breaches.first)) == 10)
        #expect(record.samples.allSatisfy { $0.target == 7000 } && record.longestGap == 5)
        #expect(record.caps.map(\.count) == [2, 0])
        #expect(
            record.marks.map(\.kind) == [.target, .ramp, .ramp, .breach, .breach, .enforcement, .breach, .enforcement])
    }

    @Test func thePictureShowsAllOfIt() throws {
        let record = try record()
        let svg = LoopPicture(record, title: "A <test> & more").svg
        #expect(
            svg.contains("A &lt;test&gt; &amp; more") && svg.contains("feed power (kW)") && svg.contains("target (kW)"))
        #expect(svg.components(separatedBy: "class=\"breach\"").count == 4)
        #expect(svg.components(separatedBy: "class=\"enforcement\"").count == 3)
        let points = try #require(svg.firstMatch(of: /class="power".*points="([^"]*)"/)).1.split(separator: " ")
        #expect(points.count == record.samples.count)
    }

    @Test func anEmptyRecordIsDrawnToo() {
        #expect(LoopPicture(LoopRecord(start: .now, feeds: ["a"]), title: "t").svg.hasSuffix("</svg>\n"))
    }
}
