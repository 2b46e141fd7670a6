import Curl
import Shedding

/// What a ``SessionRun`` is told.
enum SessionEvent: Sendable {
    case begun
    /// A request was answered.
    case answered(HTTPResponse)
    /// A request got no complete answer.
    case unanswered(CurlError)
    /// A request was given up by ourselves, which says nothing of the BMC.
    case cancelled
    case credentials(Result<SessionCredentials, BMCFault>)
    /// Nobody else tries a password at this BMC now.
    case turnTaken
    case orphaned([String])
    /// A wait is over, or was cut short because the process ends.
    case waited(isCancelled: Bool)
    /// What was asked for was done, and has nothing to say.
    case done
    /// A procedure that was called has come to this.
    case returned(SessionResult)
}

typealias SessionResult = Result<SessionValue, BMCFault>

/// What a ``SessionProcedure`` comes to.
enum SessionValue: Sendable {
    case exchange(Exchange)
    case document(Document)
    /// What the BMC objected to in a write that it accepted; nil where it did not.
    case accepted(objection: String?)
    /// Whether there is a session now.
    case opened(Bool)
    case nothing
}

/// A request and its answer, after redirects.
struct Exchange: Sendable {
    let uri: String
    let response: HTTPResponse
}
