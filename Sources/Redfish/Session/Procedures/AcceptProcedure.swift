import Curl
import Retrying
import Shedding
import Site

/// Takes the answer to a write: done, a fault, or a task that the BMC goes on with (202; DSP0266, 9.3), whose monitor is
/// asked until it ends.
///
/// Once the BMC has taken a write, nothing that it says of the task afterwards means that the write was not done: a
/// monitor that refuses, breaks off or never ends leaves the effect unknown.
struct AcceptProcedure: SessionProcedure {
    private let response: HTTPResponse
    private let uri: String
    private let context: RequestContext
    private var monitor = ""
    private var end: ContinuousClock.Instant?
    private var polls = 0
    private var delay = Backoff.taskPoll.first
    private var last = "it did not end in time"

    /// - Parameters:
    ///   - uri: of what was written
    ///   - context: its deadline bounds the wait
    init(_ response: HTTPResponse, uri: String, context: RequestContext) {
        self.response = response
        self.uri = uri
        self.context = context
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun:
            guard response.status == 202 else {
                guard (200...299).contains(response.status) else {
                    return .end(.failure(SessionFault.fault(ofWrite: response, uri: uri)))
                }
                return accept(response)
            }
            // Without a monitor the reading back has to tell.
            guard let monitor = TaskMonitor.target(response, of: uri, on: session.bmc.address) else {
                return .end(.success(.accepted(objection: nil)))
            }
            self.monitor = monitor
            end = moment.now + (context.limit(session.options.taskTimeout, now: moment.now) ?? .zero)
            return wait(moment)
        case .waited(isCancelled: true): return lost("stopped while waiting for it")
        case .waited(isCancelled: false):
            polls += 1
            delay = Backoff.taskPoll.delay(after: polls)
            return .call(AuthorizedProcedure(ExchangeProcedure(.get, monitor, context: context)))
        case .returned(.failure(let fault)): return lost(fault.message)
        case .returned(.success(.exchange(let exchange))): return didAsk(exchange.response, moment)
        default: return .outOfTurn
        }
    }

    private func wait(_ moment: SessionMoment) -> SessionNext {
        guard let end, moment.now + delay < end else { return lost(last) }
        return .perform(.wait(delay))
    }

    private mutating func didAsk(_ state: HTTPResponse, _ moment: SessionMoment) -> SessionNext {
        switch state.status {
        case 202: return wait(moment)
        case 200...299:
            switch TaskMonitor.state(state) {
            case .running?: return wait(moment)
            // What is no Task is the answer to the write itself.
            case .completed?, nil: return accept(state)
            // How far it came before that is not told.
            case .failed(let word)?: return lost("it ended as \(word)")
            }
        // Some forget a monitor as soon as the task is over.
        case 404, 410: return .end(.success(.accepted(objection: nil)))
        case 429, 503:
            last = "its monitor is busy" + SessionFault.said(state)
            delay = max(delay, SessionFault.retryAfter(state) ?? .zero)
            return wait(moment)
        default: return lost("its monitor answered" + SessionFault.said(state))
        }
    }

    private func accept(_ response: HTTPResponse) -> SessionNext {
        .end(.success(.accepted(objection: RedfishErrorText.objection(in: response.body))))
    }

    /// In the name of what was written: a monitor's number is another one each time, and would be news.
    private func lost(_ reason: String) -> SessionNext {
        .fail(.unknownEffect, "the task of the write to \(uri) cannot be followed to its end: \(reason)")
    }
}
