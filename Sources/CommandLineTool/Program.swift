public import ArgumentParser
import Foundation

/// Runs a command line and ends the process: 0 done, 1 negative result, 2 wrong usage or unreadable input. Errors go to
/// standard error, never with a trace.
public enum Program {
    public static func run(_ root: any AsyncParsableCommand.Type) async {
        do {
            var command = try await root.asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            end(failure.message, failure.code)
        } catch let code as ExitCode {
            // The answer was printed; only its meaning is left to say.
            exit(code.rawValue)
        } catch {
            let code = root.exitCode(for: error)
            switch code {
            case .success:
                print(root.fullMessage(for: error))
                exit(0)
            case .validationFailure: end(UsageError.line(root.fullMessage(for: error)), 2)
            default: end("\(error)", 1)
            }
        }
    }

    private static func end(_ text: String, _ code: Int32) -> Never {
        FileHandle.standardError.write(Data((text + "\n").utf8))
        exit(code)
    }
}
