import Foundation
import Logging
import PowerEvents
import StrictJSON
import Synchronization
import Testing

@testable import Agent

/// Lines of the log, as journald and its readers want them.
struct LogLineTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func lines(
        _ format: LogFormat, _ destination: LogDestination, _ body: (inout Logger) -> Void
    ) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            LogLineHandler(
                format, to: destination, now: { Timestamp(milliseconds: 1_000_000_000_125) },
                write: { line in lines.all.withLock { $0.append(line) } })
        }
        body(&logger)
        return lines.all.withLock { $0 }
    }

    @Test func theMessageComesFirstAndThenItsMetadata() {
        let lines = lines(.text, .plain) { logger in
            logger[metadataKey: "agent"] = "a"
            logger.warning(
                "cannot be read", metadata: ["reason": "no \"such\" file", "bmc": "b", "none": "", "x": "1=2"])
            logger.debug("too quiet")
        }
        #expect(
            lines == [
                #"2001-09-09T01:46:40.125Z warning cannot be read agent=a bmc=b none="" reason="no \"such\" file" x="1=2""#
                    + "\n"
            ])
    }

    /// sd-daemon(3): the level as a prefix, and no time, which the journal has.
    @Test func theJournalGetsPriorities() {
        let lines = lines(.text, .journal) { logger in
            logger.logLevel = .trace
            for level in Logger.Level.allCases { logger.log(level: level, "m", metadata: ["k": "v"]) }
        }
        #expect(lines == [7, 7, 6, 5, 4, 3, 2].map { "<\($0)>m k=v\n" })
    }

    @Test(arguments: [(LogDestination.plain, ""), (.journal, "<3>")])
    func jsonIsOneObjectALine(destination: LogDestination, prefix: String) throws {
        let lines = lines(.json, destination) { logger in
            logger.error("said \"no\"\nand more", metadata: ["time": "never", "bmc": "b"])
        }
        let line = try #require(lines.first)
        #expect(line.hasPrefix(prefix) && line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
        let object = try JSONValue(parsing: Array(line.dropFirst(prefix.count).utf8))
        #expect(object["time"] == "2001-09-09T01:46:40.125Z" && object["level"] == "error")
        #expect(object["message"] == #"said "no"\u{a}and more"#)
        #expect(object["bmc"] == "b" && object["time_"] == "never")
    }

    @Test(arguments: LogFormat.allCases)
    func nobodyForgesALineOfTheLog(format: LogFormat) {
        let lines = lines(format, .journal) { logger in
            logger.warning("said\n<2>thawed", metadata: ["bmc\n": "a\r\nb\u{2028}c"])
        }
        #expect(lines.count == 1 && lines[0].unicodeScalars.count { $0 == "\n" } == 1)
        #expect(lines.allSatisfy { !$0.unicodeScalars.contains("\u{2028}") && !$0.unicodeScalars.contains("\r") })
    }

    /// systemd.exec(5): only where this very descriptor is the journal's.
    @Test func theJournalIsKnownByItsDescriptor() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(ends[0])")
        let inode = link.filter(\.isNumber)
        #expect(LogDestination.current(descriptor: ends[0], environment: ["JOURNAL_STREAM": "8:\(inode)"]) == .journal)
        #expect(LogDestination.current(descriptor: ends[1], environment: ["JOURNAL_STREAM": "8:\(inode)"]) == .plain)
        #expect(LogDestination.current(environment: [:]) == .plain)
        #expect(LogDestination.current(environment: ["JOURNAL_STREAM": "1:2"]) == .plain)
        #expect(LogDestination.current(descriptor: -1, environment: ["JOURNAL_STREAM": "1:2"]) == .plain)
    }
}
