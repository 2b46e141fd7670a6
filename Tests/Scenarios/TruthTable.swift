import FleetSimulator
import PowerEvents

/// Every way to misbehave by every generation of BMCs, each cell a BMC of its own.
enum TruthTable {
    struct Row: Sendable {
        let name: String
        var faults: Set<Fault> = []
        /// Whether the machine is found off.
        var isOff = false
        /// What becomes of it while it is held.
        var change: Change?
    }

    enum Change: Sendable {
        /// Its limit stands elsewhere, in another shape.
        case moves
        /// Another machine answers at its address.
        case exchanged
    }

    struct Cell: Sendable {
        let row: Row
        let column: Column
        let node: String
        /// What the hint names.
        let resource: String
        let type: ResourceType
        /// The cap; nil where it is to be suspended.
        let watts: Int?
    }

    private static let writes: Set<String> = ["PATCH", "POST"]

    static let rows: [Row] =
        [
            Row(name: "none"),
            Row(name: "hangs", faults: [.hang]),
            Row(name: "hangs on writes", faults: [Fault(.hang, on: writes)]),
            Row(name: "a byte at a time", faults: [Fault(.drip, on: ["GET"], path: "/redfish/v1/")]),
            Row(name: "ends every connection", faults: [Fault(.refuse)]),
            Row(name: "ends one connection", faults: [Fault(.cut, skip: 2, times: 1)]),
            Row(name: "drops kept connections", faults: [Fault(.stale)]),
            Row(name: "half an answer, always", faults: [Fault(.cut)]),
            Row(name: "401 once", faults: [Fault(.status(401, retryAfter: nil), skip: 2, times: 1)]),
            Row(name: "401 for ever", faults: [.status(401)]),
            Row(name: "forgets the session", faults: [.forgetSessions]),
            Row(name: "no session left", faults: [Fault(.sessionLimit)]),
            Row(name: "no session service", faults: [.noSessions]),
            Row(name: "503, come back in 1 s", faults: [.busyWrites(1)]),
            Row(name: "503 once, no word when", faults: [Fault(.status(503, retryAfter: nil), on: writes, times: 1)]),
            Row(name: "503 for ever", faults: [Fault(.status(503, retryAfter: nil), on: writes)]),
        ]
        + [400, 404, 405, 409, 412, 428, 500, 502].map { status in
            Row(name: "\(status) on writes", faults: [Fault(.status(status, retryAfter: nil), on: writes)])
        } + [
            Row(
                name: "500 on reads once",
                faults: [Fault(.status(500, retryAfter: nil), on: ["GET"], skip: 1, times: 1)]),
            Row(name: "obeys and says 500", faults: [.applyThenFail]),
            Row(name: "obeys and says 400", faults: [Fault(.obeyAndAnswer(400))]),
            Row(name: "obeys and says 403", faults: [Fault(.obeyAndAnswer(403))]),
            Row(name: "obeys and says 409", faults: [Fault(.obeyAndAnswer(409))]),
            Row(name: "obeys and says 503", faults: [Fault(.obeyAndAnswer(503))]),
            Row(name: "obeys, its task is lost (403)", faults: [Fault(.task(.lost(403)))]),
            Row(name: "obeys, its task is lost (503)", faults: [Fault(.task(.lost(503)))]),
            Row(name: "rounds to 8 W", faults: [Fault(.round(watts: 8))]),
            Row(name: "keeps a twelfth less", faults: [Fault(.clamp)]),
            Row(name: "says 200, does nothing", faults: [.ignoreWrites]),
            Row(name: "objects inside a 200", faults: [Fault(.objectInside)]),
            Row(name: "a task that succeeds", faults: [Fault(.task(.success))]),
            Row(name: "a task that fails", faults: [Fault(.task(.failure))]),
            Row(name: "a task without an end", faults: [Fault(.task(.never))]),
            Row(name: "redirects to a slash", faults: [Fault(.redirect)]),
            Row(name: "HTML", faults: [Fault(.html)]),
            Row(name: "half the JSON", faults: [Fault(.truncate)]),
            Row(name: "ten megabytes", faults: [Fault(.huge)]),
            Row(name: "numbers as strings", faults: [Fault(.wrongTypes)]),
            Row(name: "shows it 1.5 s later", faults: [Fault(.lag)]),
            Row(name: "forgets after a reboot", faults: [Fault(.forgetWrites, times: 1)]),
            Row(name: "somebody else writes too", faults: [Fault(.contend)]),
            Row(name: "another certificate", faults: [Fault(.certificate)]),
            Row(
                name: "a clock of 1970",
                faults: [Fault(.clock), Fault(.status(503, retryAfter: 1), on: writes, times: 1)]),
            Row(name: "the machine is off", isOff: true),
            Row(name: "moves", change: .moves),
            Row(name: "another machine", change: .exchanged),
        ]

    /// One generation, and what is asked of it.
    struct Column: Sendable, Hashable {
        let personality: Personality
        var isSuspend = false

        var name: String { personality.name + (isSuspend ? " (suspend)" : "") }

        /// Of NVIDIA's, all but those whose GPUs are not up.
        var capsGPU: Bool { !isSuspend && personality.name.hasPrefix("nvidia") && personality != .nvidiaGB200 }

        /// The GPUs of its node. Cray's limits are asked for together: they are written by one request.
        var gpus: Int { isSuspend ? 0 : personality == .hpeCrayEX ? 2 : capsGPU ? 1 : 0 }
        var processor: String { personality == .hpeCrayEX ? "Accelerator" : "GPU_SXM_" }
    }

    /// Those with a limit that can be used, and one for each way in which machines are switched off: values in an
    /// ActionInfo, inline, and with the name of Cray's.
    static let columns: [Column] =
        Personality.all.filter {
            ![.none, .percent].contains($0.limit.style.place) || $0.name == "nvidia-hgx"
        }.map { Column(personality: $0) }
        + [.standardMetrics, .dellIDRAC9, .hpeCrayEX].map { Column(personality: $0, isSuspend: true) }

    /// By what the hint names, of which there are one or more to a BMC.
    static let cells: [Cell] = rows.indices.flatMap { row in
        columns.indices.flatMap { index in
            let (column, node) = (columns[index], "t-\(row)-\(index)")
            let cell = { (resource: String, type: ResourceType, knob: PowerKnob) in
                Cell(
                    row: rows[row], column: column, node: node, resource: resource, type: type,
                    watts: column.isSuspend ? nil : (knob.minimum + knob.maximum) / 2)
            }
            let gpus = (0..<column.gpus).map { cell("\(node)-gpu\($0)", .gpu, column.personality.gpu) }
            return (column.capsGPU ? [] : [cell(node, .node, column.personality.limit)]) + gpus
        }
    }

    static var inventory: String {
        let head = """
            credentials: { bmc: { username: ima, password_file: bmc-password } }
            defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
            chassis: [{ id: rack-1, feeds: [main-a] }]
            nodes:

            """
        let nodes = rows.indices.flatMap { row in
            columns.indices.map { index in
                let (column, last) = (columns[index], columns[index].gpus - 1)
                let gpus =
                    last < 0
                    ? ""
                    : ", gpus: { id: \"{node}-gpu[0-\(last)]\", processor: \"\(column.processor)[0-\(last)]\" }"
                return
                    "  - { id: t-\(row)-\(index), chassis: rack-1, bmc: \"https://127.80.\(row).\(index + 1):PORT\"\(gpus) }"
            }
        }
        return head + nodes.joined(separator: "\n") + "\n"
    }

    static var personalities: [String: Personality] {
        Dictionary(cells.map { ($0.node, $0.column.personality) }, uniquingKeysWith: { $1 })
    }

    /// As Markdown: a row a fault, what most generations come to, and those that come to something else.
    static func text(_ verdict: (Cell) -> String) -> String {
        var lines = ["| what the BMC does | what the agent says | except |", "|---|---|---|"]
        for row in rows.indices {
            let own = columns.map { column in
                let words = cells.filter { $0.row.name == rows[row].name && $0.column == column }.map(verdict)
                return (column.name, Set(words).sorted().joined(separator: " and "))
            }
            let counts = Dictionary(grouping: own, by: \.1).mapValues(\.count)
            let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
            let others = own.filter { $0.1 != usual }.map { "\($0.0): \($0.1)" }
            lines.append("| \(rows[row].name) | \(usual) | \(others.joined(separator: ", ")) |")
        }
        lines.append("")
        lines.append("\(rows.count * columns.count) BMCs: \(columns.map(\.name).joined(separator: ", "))")
        return lines.joined(separator: "\n")
    }
}
