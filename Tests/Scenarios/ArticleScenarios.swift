import Foundation
import GridSimulator
import JOSE
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// What the article for those who write the other side shows is true.
struct ArticleScenarios {
    private static let path = LoopRun.root.appendingPathComponent("Sources/Agent/Agent.docc/PowerAgents.md")

    /// Makes the samples anew, from a run of a small loop: `IMA_WRITE_SAMPLES=1 deploy/test --filter ArticleScenarios`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["IMA_WRITE_SAMPLES"] != nil), .timeLimit(.minutes(4)))
    func samplesAreMade() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            credentials: { bmc: { username: ima, password_file: bmc-password } }
            defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
            chassis: [{ id: rack-a01, feeds: [main-a] }]
            nodes: [{ id: "cpu-a01-[1-2]", bmc: "https://127.77.6.[11-12]:8443", chassis: rack-a01 }]
            """, to: "site.yaml")
        let story = try String(
            contentsOf: LoopRun.root.appendingPathComponent("deploy/scenarios/loop.yaml"), encoding: .utf8)
        let scenario = try folder.write(
            story.replacing("../../inventory/loop/site.yaml", with: "site.yaml"), to: "scenario.yaml")
        let run = try await LoopRun(scenario, pace: 2)
        #expect(run.status == 0, "\(run.errors)")
        let article = try String(contentsOf: Self.path, encoding: .utf8)
        try ArticleSamples.replace(in: article, with: run).write(to: Self.path, atomically: true, encoding: .utf8)
    }

    @Test func samplesVerifyAndConform() throws {
        let article = try ArticleSamples(article: String(contentsOf: Self.path, encoding: .utf8))
        let keys = try JWKSet(decoding: article.keys.bytes)
        #expect(keys.count == 3 && article.samples.count == 6)
        var judge = ConformanceJudge(.init(role: nil, keys: keys))
        for sample in article.samples {
            let event = try CloudEvent(json: sample.event)
            guard case .signed(let token) = event.data else {
                Issue.record("\(sample.topic): not signed")
                continue
            }
            #expect(try JSONValue(parsing: JWS.verify(token, keys: keys).payload) == sample.payload)
            judge.take(CapturedMessage(time: event.time, topic: sample.topic, payload: sample.event.text))
        }
        let report = judge.finish()
        #expect(report.conforms && report.findings.isEmpty, "\(report.text)")
        #expect(Set(article.samples.map(\.topic)).count == 4, "all four channels")
    }

    /// The configuration that the article shows is one that the program takes, as far as keys go.
    @Test func theExampleConfigurationIsRead() throws {
        let path = LoopRun.root.appendingPathComponent("deploy/power-agent.yaml").path
        let result = try LoopRun.gridsim("power-agent", "--check", "--config", path)
        // Files with keys are the reader's own; everything else must be right.
        let lines = result.errors.split(separator: "\n")
        #expect(lines.allSatisfy { $0.contains("cannot be read") }, "\(result.errors)")
    }
}
