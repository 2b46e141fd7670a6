import Dispatch
import Foundation

/// ^C and SIGTERM.
enum Interruption {
    /// Returns when one of them arrives, instead of the process ending.
    static func wait() async {
        let (stream, sink) = AsyncStream<Void>.makeStream()
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { sink.finish() }
            source.resume()
            return source
        }
        for await _ in stream {}
        for source in sources { source.cancel() }
    }
}
