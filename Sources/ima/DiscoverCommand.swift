import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Inventory
import Settings
import Site

struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Walks BMCs, reading only, and prints an inventory that `ima check` accepts.",
        discussion: """
            A URL may hold a range, such as https://10.20.7.[11-28]. The BMCs' certificates are checked against --ca, \
            --pin, or the system's authorities; --no-verify must be explicit. Files are written with their whole \
            paths, so that the inventory works wherever it is put. Exit code 1 if any BMC could not be read; it stands \
            as a comment then.
            """)

    @Argument(help: "BMCs, https://host[:port].") var urls: [String]
    @Option(name: .long, help: "The BMCs' user.") var username: String
    @Option(name: .long, help: "A file with that user's password.") var passwordFile: String
    @Option(name: .long, help: "A PEM file with the BMCs' authority.") var ca: String?
    @Option(name: .long, help: "The pin of the BMC's public key, sha256//BASE64.") var pin: String?
    @Flag(name: .long, help: "Trust any certificate.") var noVerify = false

    func run() async throws {
        let choices = [ca != nil, pin != nil, noVerify].count { $0 }
        guard choices <= 1 else { throw Failure("--ca, --pin and --no-verify exclude each other", code: 2) }
        let trust: BMC.Trust =
            if let ca { .authorities(file: Self.whole(ca)) } else if let pin { .pin(pin) } else if noVerify {
                .unverified
            } else {
                .systemAuthorities
            }
        if let ca, let objection = AuthorityFile.objection(to: ca) { throw Failure("\(ca): \(objection)", code: 2) }
        var bmcs: [BMC] = []
        for text in urls {
            let all: [String]
            do { all = try HostRange.expand(text) } catch { throw Failure("\(text): \(error)", code: 2) }
            for url in all {
                let address: BMC.Address
                do { address = try BMC.Address(checking: url) } catch { throw Failure("\(url): \(error)", code: 2) }
                guard address.isEncrypted || address.isLoopback else {
                    throw Failure(
                        "\(url): plain http is for loopback only: everybody between would read the password; use https://",
                        code: 2)
                }
                bmcs.append(BMC(address: address, credentials: "bmc", trust: trust))
            }
        }
        let login = CredentialReference(username: username, secret: .file(passwordFile))
        do { _ = try login.password() } catch { throw Failure("\(error)", code: 2) }
        ProcessLimits.prepare()
        let bar = ProgressBar()
        let draft = await InventoryDiscovery(login: login, passwordFile: Self.whole(passwordFile), trust: trust)
            .run(bmcs) { done, total in bar.show(done, of: total) }
        bar.clear()
        print(draft.yaml, terminator: "")
        if draft.failures > 0 { throw ExitCode(1) }
    }

    private static func whole(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
