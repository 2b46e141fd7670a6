import StrictJSON

/// One request that a change of a control is made of.
struct ControlRequest: Sendable, Hashable {
    enum Method: Sendable { case patch, post, delete }

    var method = Method.patch
    /// nil: the control's own document.
    var uri: String?
    /// Tried in turn: the next is sent only where the BMC refused the one before, and so changed nothing.
    var bodies: [JSONValue]

    init(_ bodies: [JSONValue]) { self.bodies = bodies }

    init(_ body: JSONValue) { bodies = [body] }

    init(post uri: String, _ body: JSONValue) {
        method = .post
        self.uri = uri
        bodies = [body]
    }

    /// Takes away what this agent has created.
    init(delete uri: String) {
        method = .delete
        self.uri = uri
        bodies = [.null]
    }

    init(patch uri: String, _ body: JSONValue) {
        self.uri = uri
        bodies = [body]
    }
}

/// What comes next on the way to a change.
enum ControlStep: Sendable, Hashable {
    /// Has to take before the change goes on; where the document does not show that it did, the change is refused with
    /// these words.
    case prepare(ControlRequest, failureMessage: String)
    case change([ControlRequest])
}
