import Foundation

/// The cores that this process may use.
func activeProcessorCount() -> Int { ProcessInfo.processInfo.activeProcessorCount }
