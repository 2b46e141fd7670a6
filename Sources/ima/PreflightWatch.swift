import Agent
import CommandLineTool
import Site
import Synchronization
import Terminal

/// Says how far a preflight has come, and what fails as soon as it does.
final class PreflightWatch: Sendable {
    private let printsFailures: Bool
    private let stream = Mutex(FailureStream())
    private let bar = ProgressBar()
    private let start = ContinuousClock.now

    /// - Parameter printsFailures: where standard output is for people
    init(printsFailures: Bool) { self.printsFailures = printsFailures }

    func take(_ result: Assessment, _ done: Int, of total: Int) {
        let time = ContinuousClock.now - start
        let progress = FailureStream.progress(done, of: total, after: time)
        if printsFailures {
            let lines = stream.withLock { stream in
                result.isEnforceable
                    ? stream.flush(at: time)
                    : stream.add(
                        result.resource, bmc: result.bmc?.address.hostAndPort ?? "", cause: PreflightCommand.cause(result),
                        at: time)
            }
            tell(lines, progress)
        }
        bar.show(done, of: total, progress)
    }

    /// All are done.
    func end() {
        bar.clear()
        if printsFailures { tell(stream.withLock { $0.flush(at: ContinuousClock.now - start, isEnd: true) }, nil) }
    }

    private func tell(_ lines: [String], _ progress: String?) {
        if lines.isEmpty { return }
        bar.clear()
        for line in lines { print(line) }
        if let progress { print("    (\(progress))") }
        Screen.flush()
    }
}
