import Site
import Testing

struct NetworkHostTests {
    @Test(arguments: [
        ("10.20.7.11", "10.20.7.11"), ("BMC-7.Example.com.", "bmc-7.example.com"), ("localhost", "127.0.0.1"),
        ("[FD00:10:20:7:0:0:0:11]", "[fd00:10:20:7::11]"), ("[::ffff:10.0.0.1]", "10.0.0.1"), ("[::1]", "[::1]"),
        ("bmc_7", "bmc_7"), ("[fe80::1%25eth0]", "[fe80::1%25eth0]"), ("127.evil.example.com", "127.evil.example.com"),
        ("0x7f.example.com", "0x7f.example.com"), ("7", ""),
    ])
    func eachHostHasOneSpelling(text: String, canonical: String) {
        #expect((try? NetworkHost(text))?.canonical ?? "" == canonical)
    }

    /// What libcurl, the resolver or people could read in another way.
    @Test(arguments: [
        "", "127.0.0.010", "127.0.0.008", "0x7f.1", "0x7f000001", "2130706433", "127.1", "10.0.0.300", "10.0.0.1.",
        "10.0.0", "1.2.3.4.5", "fd00::1", "[fd00::1", "[]", "[fd00::g]", "[10.0.0.1]", "a..b", ".", "-a", "a-", "a b",
        "bücher.example", "a%41", "a/b", "a@b", "a\\b", "127.0.0.1\n", "٣.0.0.1", "1.2.3.0x4",
    ])
    func whatHasTwoMeaningsIsRefused(text: String) {
        #expect(throws: NetworkHost.Invalid.self, "\(text)") { try NetworkHost(text) }
    }

    @Test func leadingZerosAreToldWithWhatToWrite() {
        let error = #expect(throws: NetworkHost.Invalid.self) { try NetworkHost("127.0.0.008") }
        #expect(error?.description.contains("write 127.0.0.8") == true)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.3.4", true), ("localhost", true), ("LOCALHOST.", true), ("[::1]", true),
        ("[0:0:0:0:0:0:0:1]", true), ("[::ffff:127.0.0.1]", true), ("127.evil.example.com", false),
        ("localhost.evil.example", false), ("128.0.0.1", false), ("[::2]", false), ("notlocalhost", false),
        ("127.0.0.1.nip.io", false),
    ])
    func loopbackIsJudgedByTheAddress(text: String, isLoopback: Bool) throws {
        #expect(try NetworkHost(text).isLoopback == isLoopback)
    }

    @Test(arguments: [
        "https://", "https://:443", "https://a:0", "https://a:65536", "https://a:99999", "https://a:", "https://a:+1",
        "https://a:0443", "https://a/b", "https://u@a", "https://u:p@a", "https://a?b", "https://a#b", "ftp://a", "a",
        "https:/a", "https://fd00::1", "https://[fd00::1]443", "https://[fd00::1]:", "https://a b", "https://a\\@b",
    ])
    func endpointsAreAHostAndAPort(text: String) {
        #expect(throws: NetworkHost.Invalid.self, "\(text)") { try Endpoint(text, schemes: ["https", "http"]) }
    }

    @Test func aPlainURLToAnotherMachineIsExposed() throws {
        func isExposed(_ text: String) throws -> Bool {
            try Endpoint(text, schemes: ["https", "http"], allowsPath: true).isExposed(plain: "http")
        }
        #expect(try !isExposed("http://127.0.0.1:8080/token"))
        #expect(try !isExposed("https://auth.example.com/token?x=1"))
        #expect(try isExposed("http://127.0.0.1.evil.example/token"))
        #expect(try isExposed("http://localhost.evil.example/token"))
        #expect(throws: NetworkHost.Invalid.self) { try isExposed("http://127.0.0.1@evil.example/token") }
    }
}
