import Foundation
import TestSupport
import Testing

/// What the package brings and how a release is made, as far as it needs neither a release build nor a Debian of its own;
/// `deploy/package-test` does the rest.
@Suite(.serialized)
struct PackagingScenarios {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    /// Made by `deploy/test`.
    private static let python = root.appendingPathComponent(".build/interop/bin/python").path
    private static var hasPython: Bool { FileManager.default.isExecutableFile(atPath: python) }
    private static let needsPython: Comment = "needs the libraries that deploy/test installs"

    private func file(_ path: String) -> URL { Self.root.appendingPathComponent(path) }

    private func interop(_ script: String, _ arguments: String...) throws -> String {
        let all = [file("Tests/Interop/\(script)").path, Self.root.path] + arguments
        let result = try ChildProcess.run(Self.python, all)
        #expect(result.status == 0, "\(script): \(result.errors)")
        return result.output
    }

    @Test(.enabled(if: hasPython, needsPython), .timeLimit(.minutes(2)))
    func schemasTakeWhatIsRightAndRefuseMistakes() throws {
        #expect(try interop("schemas.py").contains("files are right"))
    }

    @Test(.enabled(if: hasPython, needsPython), .timeLimit(.minutes(5)))
    func aReleaseIsHeldToEveryByte() throws {
        let folder = try TemporaryFolder()
        #expect(try interop("release.py", folder.url.path).contains("altered bytes were noticed"))
    }

    @Test(.enabled(if: hasPython, needsPython), .timeLimit(.minutes(2)))
    func theBillOfMaterialsIsWholeAndValid() throws {
        let scratch = Stage.programs.deletingLastPathComponent().deletingLastPathComponent().path
        #expect(try interop("sbom.py", scratch).contains("packages"))
    }

    /// The manual pages tell every command and option that the programs have, and roff takes them.
    @Test(.timeLimit(.minutes(2)))
    func theManualPagesAreOfThesePrograms() throws {
        for program in ["ima", "gridsim"] {
            let path = Stage.programs.appendingPathComponent(program).path
            let page = try ChildProcess.run(file("deploy/man/page").path, [path])
            #expect(page.status == 0, "\(page.errors)")
            let help = try ChildProcess.run(path, ["--help"]).output
            let commands = help.matches(of: /\n  ([a-z][a-z-]*) {2,}\S/).map { String($0.1) }
            #expect(commands.count > 5)
            for command in commands {
                #expect(page.output.contains("\\fB\(program) \(command.replacing("-", with: "\\-"))"), "\(command)")
            }
            #expect(!page.output.contains("@"), "a place that nothing was put into")
        }
        let ima = Stage.programs.appendingPathComponent("ima").path
        let run = try ChildProcess.run(file("deploy/man/page").path, [ima])
        #expect(run.output.contains("\\fB\\-\\-log\\-level\\fR \\fILOG\\-LEVEL\\fR"))
        #expect(run.output.contains(try version()))
    }

    @Test func completionsAreMade() throws {
        for program in ["ima", "gridsim"] {
            for shell in ["bash", "zsh", "fish"] {
                let path = Stage.programs.appendingPathComponent(program).path
                let script = try ChildProcess.run(path, ["--generate-completion-script", shell])
                #expect(script.status == 0 && script.output.contains(program))
            }
        }
    }

    @Test func scriptsOfThePackageAreScripts() throws {
        for name in [
            "deploy/debian/ima.postinst", "deploy/debian/ima.postrm", "deploy/debian/ima.prerm", "deploy/package",
            "deploy/fresh-debian",
        ] {
            let result = try ChildProcess.run("/bin/sh", ["-n", file(name).path])
            #expect(result.status == 0, "\(name): \(result.errors)")
        }
    }

    /// One place says the version: the programs, and what packs them.
    @Test func theVersionIsOfOnePlace() throws {
        for program in ["ima", "gridsim"] {
            let said = try ChildProcess.run(Stage.programs.appendingPathComponent(program).path, ["--version"]).output
            #expect(try said.hasPrefix(version()))
        }
        let changelog = try String(contentsOf: file("deploy/package"), encoding: .utf8)
        #expect(changelog.contains("Sources/BuildInformation/Build.swift"))
    }

    private func version() throws -> String {
        let text = try String(contentsOf: file("Sources/BuildInformation/Build.swift"), encoding: .utf8)
        return try String(#require(text.firstMatch(of: /static let version = "([^"]+)"/)).1)
    }
}
