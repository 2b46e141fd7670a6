import Foundation
import OpenSSL
import Settings
import Site
import TestSupport
import Testing

/// Files that a configuration names: read as their authors meant them, or refused with the reason.
struct FileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("\u{FEFF}secret\r\n", "secret"),
        ("secret\n\n", "secret\n"), ("secret ", "secret "), ("se\u{FEFF}cret", "se\u{FEFF}cret"),
    ])
    func aLineEndAndAByteOrderMarkAreNoPartOfASecret(content: String, secret: String) throws {
        #expect(try SecretFile.text(folder.write(content, to: "secret")).utf8.elementsEqual(secret.utf8))
    }

    @Test(arguments: ["", "\n", "\r\n", "\u{FEFF}", "\u{FEFF}\r\n"])
    func aSecretOfNothingIsEmpty(content: String) throws {
        let path = try folder.write(content, to: "secret")
        #expect(throws: SecretFile.Unusable.self) { try SecretFile.text(path) }
    }

    @Test func onlyCertificatesAreAuthorities() throws {
        let authority = try CertificateAuthority(name: "test")
        let pem = authority.certificatePEM
        func objection(_ content: String) throws -> String? {
            try AuthorityFile.objection(to: folder.write(content, to: "ca.pem"))
        }
        #expect(try objection(pem) == nil)
        #expect(try objection("# ours\n" + pem + pem) == nil)
        #expect(try objection("")?.contains("is empty") == true)
        #expect(try objection("junk")?.contains("no certificate") == true)
        #expect(try objection(authority.keyPEM())?.contains("no certificate") == true)
        #expect(try objection(pem + String(pem.prefix(pem.count / 2))) != nil, "cut off")
        #expect(try objection(pem.replacing("MII", with: "AAA")) != nil)
        #expect(AuthorityFile.objection(to: folder.url.path)?.contains("directory") == true)
        #expect(AuthorityFile.objection(to: folder.path("none"))?.contains("no such file") == true)
    }

    @Test func aKeyBelongsToItsCertificate() throws {
        let authority = try CertificateAuthority(name: "test")
        let (one, two) = (
            try authority.issue(to: .init(commonName: "a")), try authority.issue(to: .init(commonName: "b"))
        )
        func check(_ certificate: String, _ key: String) throws {
            try CertificateFile.check(certificatePEM: Array(certificate.utf8), keyPEM: Array(key.utf8))
        }
        #expect(throws: Never.self) { try check(one.certificatePEM, one.keyPEM) }
        #expect(throws: OpenSSLError.self) { try check(one.certificatePEM, two.keyPEM) }
        #expect(throws: OpenSSLError.self) { try check("junk", one.keyPEM) }
        #expect(throws: OpenSSLError.self) { try check(one.certificatePEM, "junk") }
    }

    @Test func aFileToBeNeedsAPlace() throws {
        #expect(PathToBe.objection(to: folder.path("ima.sqlite")) == nil)
        #expect(PathToBe.objection(to: try folder.write("x", to: "old.sqlite")) == nil)
        #expect(PathToBe.objection(to: folder.path("nowhere/ima.sqlite"))?.contains("does not exist") == true)
        #expect(PathToBe.objection(to: folder.url.path)?.contains("directory") == true)
        #expect(PathToBe.objection(to: folder.path("old.sqlite/ima.sqlite")) != nil)
        #expect(PathToBe.objection(to: "/run/ima-not-there/ima.sock", isSocket: true) == nil, "systemd makes it")
        #expect(PathToBe.objection(to: "/var/lib/ima-not-there/deeper/ima.sqlite") != nil)
        let long = folder.path(String(repeating: "x", count: 107))
        #expect(PathToBe.objection(to: long) == nil)
        #expect(PathToBe.objection(to: long, isSocket: true)?.contains("107") == true)
        #expect(PathToBe.objection(to: folder.path("old.sqlite"), isSocket: true) != nil, "a file would be removed")
    }

    private func problems(_ text: String) -> [Problem] {
        let collector = ProblemCollector()
        let file = SettingsFile.parse(text, file: "f.yaml", problems: collector)
        if let members = file?.members(["a", "b", "c"]) { _ = members["b"]?.int(0...5) }
        return collector.all
    }

    /// With the line ends of Windows, with a byte order mark, and with both.
    @Test(arguments: ["", "\u{FEFF}"], ["\n", "\r\n", "\r"])
    func mistakesAreAtTheirLineWhateverTheLineEnds(mark: String, end: String) {
        func lines(_ rows: String...) -> [Int?] { problems(mark + rows.joined(separator: end)).map(\.line) }
        #expect(lines("a: 1", "", "b: 2", "a: 3", "") == [4])
        #expect(lines("a: 1", "# x", "b: many", "") == [3])
        #expect(lines("a: 1", "d: 2") == [2])
        #expect(lines("a: [1,", "b: }") != [nil])
    }

    @Test func aCharacterThatNoFileMayHaveIsNamedWithItsLine() {
        for character in ["\u{7F}", "\u{FFFF}", "\u{1B}"] {
            let problem = problems("a: 1\n# e\u{301}\u{1F1E9}\u{1F1EA}\nb: \(character)\n").first
            #expect(problem?.line == 3 && problem?.message.contains("U+") == true, "\(problem.debugDescription)")
        }
    }

    @Test func aRepeatedKeyIsTheOneOfItsMapping() {
        #expect(problems("a:\n  b: 1\nb: 2\nc: 3\nb: 4\n").map(\.line) == [5])
        #expect(problems("a:\n  - b: 1\n    c: 2\n    b: 3\nb: 4\n").map(\.line) == [4])
        #expect(problems("a: 1\n\"b\": 2\n'b': 3\n").map(\.line) == [3])
        #expect(problems("a: { b: 1,\n  b: 2 }\n").map(\.line) == [2])
    }
}
