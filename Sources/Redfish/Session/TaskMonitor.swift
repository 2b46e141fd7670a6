import Curl
import Site
import StrictJSON

/// What tells how a task goes that a write started: its monitor, or the Task itself (DSP0266, 9.3; DSP2046, Task).
enum TaskMonitor {
    enum State: Equatable {
        case running
        case completed
        /// With its TaskState.
        case failed(String)
    }

    /// Where to ask: the Location, of which only the path counts where it has a host; else what the body names.
    ///
    /// - Parameter uri: of what was written
    static func target(_ response: HTTPResponse, of uri: String, on bmc: BMC.Address) -> String? {
        if let location = response.header("Location"), !location.isEmpty {
            if let path = RequestTarget.path(ofAny: location) { return path }
            let bare = location.lowercased().hasPrefix("redfish/") ? "/" + location : location
            if let target = RequestTarget.reference(bare, against: uri, on: bmc) { return target }
        }
        guard let json = try? JSONValue(parsing: response.body, limits: .redfish, dialect: .lenient) else { return nil }
        let isTask = json["TaskState"] != nil || json["@odata.type"]?.string?.hasPrefix("#Task.") == true
        let told = json["TaskMonitor"]?.string ?? (isTask ? json["@odata.id"]?.string : nil)
        return told.flatMap(RequestTarget.path(ofAny:))
    }

    /// - Returns: nil for what is no Task: the answer to the write itself, as a monitor gives it in the end
    static func state(_ response: HTTPResponse) -> State? {
        guard let json = try? JSONValue(parsing: response.body, limits: .redfish, dialect: .lenient),
            let word = json["TaskState"]?.string
        else { return nil }
        switch word {
        case "Exception", "Killed", "Cancelled", "Interrupted": return .failed(word)
        case "Completed": return .completed
        default: return .running
        }
    }
}
