import FleetSimulator
import Foundation
import Site
import TestSupport
import Testing

/// The simulated fleet, judged by DMTF's own protocol validator: what it lets the agent practise on is Redfish.
@Suite(.serialized)
struct ValidatorScenarios {
    /// What it finds wanting, and why that stays so.
    private static let explained: [String: String] = [
        // The HTTP parser refuses a method that no RFC knows with 400, before any Redfish is spoken.
        "PROTO_HTTP_UNSUPPORTED_METHODS FAKEMETHODFORTEST": "400 from the parser instead of 405",
        // A simulated BMC has one login, and no accounts that could be given roles.
        "SEC_PRIV_SUPPORT_PREDEFINED_ROLES GET": "no account service",
    ]

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    /// Made by `deploy/test`.
    private static let validator = repository.appendingPathComponent(".build/interop/bin/rf_protocol_validator").path

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: validator), "needs the tools that deploy/test installs"),
        .timeLimit(.minutes(3)))
    func theFleetSpeaksRedfish() async throws {
        let personalities: [String: Personality] = [
            "cpu-1": .standardMetrics, "cpu-2": .standardPower, "cpu-3": .openBMC, "cpu-4": .lenovoXCC,
            "cpu-5": .dellIDRAC9, "cpu-6": .hpeCrayEX,
        ]
        let stage = try await Stage(personalities: personalities)
        let password = stage.folder.read("bmc-password").trimmingCharacters(in: .whitespacesAndNewlines)
        let authority = stage.folder.path("bmc-ca.pem")
        // All at once: most of its time it waits for answers to broadcasts.
        let runs = try personalities.keys.sorted().map { node in
            try ChildProcess(
                Self.validator,
                [
                    "--user", "ima", "--password", password, "--ca-bundle", authority, "--report-type", "tsv",
                    "--rhost", #require(stage.fleet.bmc(of: node)).address.description,
                    "--report-dir", stage.folder.path("report-\(node)"),
                ], log: stage.folder.path("validator.log"), environment: ["REQUESTS_CA_BUNDLE": authority])
        }
        #expect(try await eventually(within: .seconds(120)) { !runs.contains(where: \.isRunning) })
        for (node, personality) in personalities {
            let folder = stage.folder.path("report-\(node)")
            let files = try? FileManager.default.contentsOfDirectory(atPath: folder)
            let report = try #require(files?.first { $0.hasSuffix(".tsv") }, "\(stage.folder.read("validator.log"))")
            let rows = try String(contentsOfFile: "\(folder)/\(report)", encoding: .utf8).split(separator: "\n")
                .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
                .filter { $0.count > 5 }
            #expect(rows.count { $0[4] == "PASS" } > 150, "\(personality.name)")
            for row in rows where row[4] == "FAIL" {
                #expect(
                    Self.explained["\(row[0]) \(row[1])"] != nil, "\(personality.name): \(row.joined(separator: " "))")
            }
        }
        await stage.tearDown()
    }
}
