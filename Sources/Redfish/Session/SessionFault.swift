import Curl
import Foundation
import Shedding
import Site
import StrictJSON

/// What answers mean, and what failures do.
enum SessionFault {
    /// - Parameters:
    ///   - limit: how long the request was given
    ///   - isCutShort: whether that was less than it is usually given, since its work had to be over
    static func fault(
        _ error: CurlError, isWrite: Bool, limit: Duration, isCutShort: Bool, options: RedfishOptions
    ) -> BMCFault {
        let isCutShort = isCutShort && error.kind == .timeout
        let words = isCutShort ? "no answer by the deadline" : words(error, limit: limit, options: options)
        if isWrite, error.mayHaveBeenObeyed { return BMCFault(.unknownEffect, words) }
        return switch error.kind {
        case .tls: BMCFault(.untrusted, "TLS: \(error.message)")
        case .tooLarge, .protocolViolation: BMCFault(.invalidAnswer, error.message)
        case .fenced: BMCFault(.fenced, words)
        // A BMC that was given a moment has not shown that it does not answer.
        default: BMCFault(.unreachable, words, mayBeOfResource: isCutShort)
        }
    }

    /// The same words for the same failure: libcurl's own tell the milliseconds, and every probe would be news.
    private static func words(_ error: CurlError, limit: Duration, options: RedfishOptions) -> String {
        switch error.kind {
        case .couldNotResolve: "the name does not resolve"
        case .couldNotConnect: "the connection is refused, or there is no route"
        case .timeout where error.mayHaveBeenObeyed: "no answer within \(limit)"
        case .timeout: "no connection within \(options.connectTimeout)"
        case .connectionLost: "the connection broke before the answer was complete"
        case .handshake: "the TLS handshake failed: \(withoutAddress(error.message))"
        case .shutDown: "the agent is stopping"
        case .fenced: "this agent does not lead, or cannot tell whether it does"
        case .tls, .tooLarge, .protocolViolation: error.message
        }
    }

    /// libcurl names the address in some of its words, and every BMC would have a cause of its own.
    private static func withoutAddress(_ words: String) -> String {
        guard let place = words.range(of: " in connection to ") else { return words }
        return String(words[..<place.lowerBound])
    }

    static func said(_ response: HTTPResponse) -> String {
        let text = RedfishErrorText.from(response.body).map { ": \($0)" } ?? ""
        return " (HTTP \(response.status)\(text))"
    }

    static func fault(ofRead response: HTTPResponse, uri: String) -> BMCFault {
        switch response.status {
        case 404, 410: BMCFault(.unsupported, "\(uri) does not exist" + said(response))
        // The login was good: that may be a matter of this resource.
        case 401, 403: BMCFault(.unauthorized, "\(uri) may not be read" + said(response), mayBeOfResource: true)
        case 429, 503: BMCFault(.busy, "\(uri) is busy" + said(response), retryAfter: retryAfter(response))
        default: BMCFault(.invalidAnswer, "\(uri) cannot be read" + said(response))
        }
    }

    static func fault(ofWrite response: HTTPResponse, uri: String) -> BMCFault {
        switch response.status {
        case 401, 403: BMCFault(.unauthorized, "\(uri) may not be written" + said(response), mayBeOfResource: true)
        case 429, 503: BMCFault(.busy, "\(uri) is busy" + said(response), retryAfter: retryAfter(response))
        // 501: the service does not have the operation (DSP0266, 8.5), so it did nothing.
        case 400...499, 501: BMCFault(.refused, "the BMC refused the write to \(uri)" + said(response))
        default: BMCFault(.unknownEffect, "the write to \(uri) may or may not have applied" + said(response))
        }
    }

    static func retryAfter(_ response: HTTPResponse) -> Duration? {
        response.header("Retry-After").map { RetryAfter.duration($0, date: response.header("Date")) }
    }

    /// The document that an answer carries.
    static func document(_ exchange: Exchange) -> Result<Document, BMCFault> {
        let uri = exchange.uri
        guard exchange.response.status == 200 else { return .failure(fault(ofRead: exchange.response, uri: uri)) }
        do {
            let json = try JSONValue(parsing: exchange.response.body, limits: .redfish, dialect: .lenient)
            guard json.object != nil else { return .failure(BMCFault(.invalidAnswer, "\(uri) is no JSON object")) }
            return .success(Document(uri: uri, json: json, header: exchange.response.header("ETag")))
        } catch {
            return .failure(BMCFault(.invalidAnswer, "\(uri): \(error)"))
        }
    }
}
