import Curl
import StrictJSON

/// What an answer to a login means that opened no session.
enum LoginRefusal: Equatable {
    /// The name, the password or the rights are not good enough, and would not be the next time.
    case credentials
    /// There is no room for one more session; name and password may be good.
    case sessionLimit
    /// Not told.
    case unexplained
    /// Nothing that concerns name and password.
    case other

    init(_ response: HTTPResponse) {
        guard [400, 401, 403].contains(response.status) else {
            self = .other
            return
        }
        let said = String(decoding: response.body.prefix(16_384), as: UTF8.self).lowercased()
            .filter { $0.isLetter || $0.isNumber }
        if Self.limits.contains(where: said.contains) {
            self = .sessionLimit
        } else if response.status == 401 || Self.rights.contains(where: said.contains) {
            self = .credentials
        } else {
            self = .unexplained
        }
    }

    /// As registries and vendors put it, without blanks and signs: Base.SessionLimitExceeded and
    /// CreateLimitReachedForResource, Dell's RAC0218, and "maximum number of sessions".
    private static let limits = [
        "sessionlimit", "createlimitreached", "rac0218", "maximumnumberofuser", "maximumnumberofsession",
        "maxsession", "maximumsession", "toomanysession", "toomanyuser", "nosessionavailable", "sessionsexceeded",
        "numberofsessions", "sessionisfull", "sessionsisfull", "sessionfull",
    ]

    private static let rights = [
        "insufficientprivilege", "noprivilege", "accessdenied", "unauthorized", "authentication", "authorization",
        "credential", "password", "accountlocked", "lockedout", "accountnotfound", "accountisdisabled", "invaliduser",
        "username", "loginfailed", "loginfailure", "privilege",
    ]
}
