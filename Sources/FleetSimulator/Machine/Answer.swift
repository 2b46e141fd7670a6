import StrictJSON

/// What a simulated BMC answers, and how the answer goes over the wire.
struct Answer {
    enum Wire {
        case whole
        /// Half of it, then the end of the connection.
        case cut
        /// A byte at a time, with so long between two.
        case drip(Duration)
        /// Whole, and a moment later the connection ends without a word.
        case stale
        /// Not at all: the connection ends.
        case closed
    }

    var status: Int
    var headers: [(String, String)] = []
    var body: JSONValue?
    /// In the place of ``body``, where that is not JSON.
    var raw: [UInt8]?
    var contentType = "application/json"
    /// How long it takes; nil: for ever.
    var delay: Duration? = .zero
    var wire = Wire.whole

    init(status: Int, headers: [(String, String)] = [], body: JSONValue? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    var bytes: [UInt8] { raw ?? body?.bytes ?? [] }

    /// In the words of the Base registry.
    static func error(_ status: Int, _ id: String, _ message: String? = nil) -> Answer {
        let name = "Base.1.18.\(id)"
        let text: JSONValue = .string(message ?? id)
        return Answer(
            status: status,
            body: [
                "error": [
                    "code": .string(name), "message": text,
                    "@Message.ExtendedInfo": [
                        ["MessageId": .string(name), "Message": text, "MessageSeverity": "Critical"]
                    ],
                ]
            ])
    }

    static let success: JSONValue = [
        "@Message.ExtendedInfo": [
            [
                "MessageId": "Base.1.18.Success", "Message": "The request completed successfully.",
                "MessageSeverity": "OK",
            ]
        ]
    ]
}
