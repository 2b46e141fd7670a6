import Curl
import StrictJSON

/// A request that is sent as a logged-in user, and once more after a new login.
struct AuthorizedRequest {
    let method: HTTPRequest.Method
    let uri: String
    let headers: [(String, String)]
    let body: JSONValue?
    let fresh: Bool
    let limit: Duration?
    let context: RequestContext
}
