import Curl
import Shedding
import Site
import StrictJSON

/// Writes that the BMC goes on with after its answer (DSP0266, 9.3).
extension RedfishConversation {
    private static let firstPoll = Duration.milliseconds(250)
    private static let longestPoll = Duration.seconds(5)

    /// Takes the answer to a write: done, a task to wait for, or a fault.
    ///
    /// Once the BMC has taken a write, nothing that it says of the task afterwards means that the write was not done: a
    /// monitor that refuses, breaks off or never ends leaves the effect unknown.
    mutating func accept(
        _ response: HTTPResponse, uri: String, context: RequestContext
    ) async throws(BMCFault) -> String? {
        guard response.status == 202 else {
            guard (200...299).contains(response.status) else { throw Self.fault(ofWrite: response, uri: uri) }
            return RedfishErrorText.objection(in: response.body)
        }
        // Without a monitor the reading back has to tell.
        guard let monitor = TaskMonitor.target(response, of: uri, on: bmc.address) else { return nil }
        let end = ContinuousClock.now + (context.limit(options.taskTimeout, now: .now) ?? .zero)
        var delay = Self.firstPoll
        var last = "it did not end in time"
        while ContinuousClock.now + delay < end {
            do { try await Task.sleep(for: delay) } catch { throw Self.lost(uri, "stopped while waiting for it") }
            delay = min(delay * 2, Self.longestPoll)
            let state: HTTPResponse
            do throws(BMCFault) {
                state = try await authorizedExchange(.get, monitor, context: context).response
            } catch { throw Self.lost(uri, error.message) }
            switch state.status {
            case 202: continue
            case 200...299:
                guard let task = TaskMonitor.state(state) else { return RedfishErrorText.objection(in: state.body) }
                switch task {
                case .running: continue
                case .completed: return RedfishErrorText.objection(in: state.body)
                // How far it came before that is not told.
                case .failed(let word): throw Self.lost(uri, "it ended as \(word)")
                }
            // Some forget a monitor as soon as the task is over.
            case 404, 410: return nil
            case 429, 503:
                last = "its monitor is busy" + Self.said(state)
                delay = max(delay, Self.retryAfter(state) ?? .zero)
            default: throw Self.lost(uri, "its monitor answered" + Self.said(state))
            }
        }
        throw Self.lost(uri, last)
    }

    /// In the name of what was written: a monitor's number is another one each time, and would be news.
    private static func lost(_ uri: String, _ reason: String) -> BMCFault {
        BMCFault(.unknownEffect, "the task of the write to \(uri) cannot be followed to its end: \(reason)")
    }
}
