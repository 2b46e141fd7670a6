import Shedding
import Site
import Testing

@testable import Redfish

struct RequestTargetTests {
    private static let bmc = FakeBMC.bmc.address

    @Test(
        arguments: [
            ("/redfish/v1/Chassis/A B", "/redfish/v1/Chassis/A%20B"),
            ("/redfish/v1/Ständer", "/redfish/v1/St%C3%A4nder"),
            ("/a/%41%zz%", "/a/%41%25zz%25"), ("/a\r\nX: y", "/a%0D%0AX:%20y"), ("/a#/b/0", "/a"),
            ("/a\\b\"<>^`{|}", "/a%5Cb%22%3C%3E%5E%60%7B%7C%7D"),
            ("/a?$expand=.($levels=1)", "/a?$expand=.($levels=1)"),
            ("/a/../../../b", "/b"), ("/a/%2e%2E/b", "/b"), ("/a/%2F../b", "/a/%2F../b"), ("/a/./", "/a/"),
            ("HTTPS://10.0.0.1/x", "/x"), ("https://10.0.0.1:443/x", "/x"), ("http://10.0.0.1/x", "/x"),
            ("https://10.0.0.1", "/"), ("https://10.0.0.1?x", "/?x"),
        ])
    func linksThatStayOnTheBMC(link: String, target: String) {
        #expect(RequestTarget.link(link, on: Self.bmc) == target)
        // What is sent means the same when it is read again.
        #expect(RequestTarget.link(target, on: Self.bmc) == target)
    }

    @Test(arguments: [
        "https://elsewhere/x", "//elsewhere/x", "@elsewhere/x", ".elsewhere/x", "", "x", "https://10.0.0.1:8443/x",
        "https://10.0.0.1@elsewhere/x", "https://elsewhere@10.0.0.1/x", "https://10.0.0.10/x", "ftp://10.0.0.1/x",
        "https:/10.0.0.1/x", "javascript:x", "https://10.0.0.1.evil/x", "https:///x",
    ])
    func linksThatLeaveTheBMC(link: String) {
        #expect(RequestTarget.link(link, on: Self.bmc) == nil)
    }

    @Test(
        arguments: [
            ("other/path", "/redfish/v1/other/path"), ("?x=1", "/redfish/v1/Chassis?x=1"),
            ("#x", "/redfish/v1/Chassis?a"),
            ("../v2/", "/redfish/v2/"), ("./Chassis/", "/redfish/v1/Chassis/"), ("/x", "/x"), ("//10.0.0.1/x", "/x"),
            ("https://10.0.0.1:443/x", "/x"), ("../../../../..", "/"), ("a:b/c", nil), ("//elsewhere/x", nil),
            ("https://elsewhere/", nil), ("a%2F../b c", "/redfish/v1/a%2F../b%20c"),
        ] as [(String, String?)])
    func referencesAreResolvedAgainstWhatWasAsked(reference: String, target: String?) {
        #expect(RequestTarget.reference(reference, against: "/redfish/v1/Chassis?a", on: Self.bmc) == target)
    }

    @Test(arguments: [
        ("/redfish/v1/Chassis/A B", "/redfish/v1/chassis/a%20b/"), ("/a/%7Ex", "/a/~x"), ("/ä", "/%c3%a4"),
        ("/a/#/B/0", "/A#/b/0"),
    ])
    func spellingsOfOneTarget(left: String, right: String) {
        #expect(ResourceURI.canonical(left) == ResourceURI.canonical(right))
    }

    @Test(arguments: [("/a#/b/0", "/a#/b/1"), ("/a#/b", "/a"), ("/a%2Fb", "/a/b"), ("/a", "/a/b")])
    func twoTargets(left: String, right: String) {
        #expect(!Links.isSame(left, right))
    }
}
