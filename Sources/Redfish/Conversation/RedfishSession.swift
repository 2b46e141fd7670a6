import Curl
import Shedding
import Site
import StrictJSON

/// The login at one BMC: a session where the BMC gives one, Basic authentication where it does not.
struct RedfishSession: Sendable {
    enum State: Sendable, Hashable {
        case loggedOut
        case token(String, location: String?)
        case basic
    }

    var state = State.loggedOut
    private let credentials: CredentialReference
    var username: String { credentials.username }

    init(credentials: CredentialReference) { self.credentials = credentials }

    /// The header that authorises a request; nil while logged out.
    func authorization() throws -> (name: String, value: String)? {
        switch state {
        case .loggedOut: nil
        case .token(let token, _): ("X-Auth-Token", token)
        case .basic: ("Authorization", "Basic " + Self.base64("\(credentials.username):\(try credentials.password())"))
        }
    }

    /// Tells one name and password from another, within this process.
    func secret() throws -> Int {
        var hasher = Hasher()
        hasher.combine(credentials.username)
        hasher.combine(try credentials.password())
        return hasher.finalize()
    }

    /// The body of `POST …/Sessions` (DSP0266, 13.3.4).
    func loginBody() throws -> JSONValue {
        ["UserName": .string(credentials.username), "Password": .string(try credentials.password())]
    }

    private static func base64(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = Array(text.utf8)
        var output = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                output.append(position <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * position) & 0x3F)] : "=")
            }
        }
        return output
    }
}
