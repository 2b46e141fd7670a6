import Shedding
import StrictJSON

/// Name and password as they were just read, and what is known of them at this BMC.
struct SessionCredentials: Sendable {
    let username: String
    let password: String
    /// Why they are not sent now; nil where they may be.
    var refusal: BMCFault?
    /// Whether they were good the last time that they were sent.
    var isProven = false

    init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// Tells one name and password from another, within this process.
    var secret: Int {
        var hasher = Hasher()
        hasher.combine(username)
        hasher.combine(password)
        return hasher.finalize()
    }

    /// The body of `POST …/Sessions` (DSP0266, 13.3.4).
    var loginBody: JSONValue { ["UserName": .string(username), "Password": .string(password)] }

    /// As Basic authentication sends them (RFC 7617).
    var basicAuthorization: String { "Basic " + Self.base64("\(username):\(password)") }

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
