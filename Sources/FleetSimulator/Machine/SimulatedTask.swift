import StrictJSON

/// A task that a write was answered with (DSP0266, 12.1).
struct SimulatedTask {
    let end: Fault.TaskEnd
    /// What its monitor answers once it is over.
    let answer: Answer
    private var looks = 0

    /// - Parameter obeyed: what is answered to the write where it is obeyed
    init(end: Fault.TaskEnd, obeyed: Answer) {
        self.end = end
        answer =
            switch end {
            case .success, .never: obeyed
            case .failure: .error(400, "OperationFailed", "The task has failed.")
            case .lost(let status): .error(status, "Simulated\(status)")
            }
    }

    /// The monitor is asked once more; it is over at the second look.
    mutating func look() -> Answer {
        looks += 1
        if end == .never || looks < 2 {
            return Answer(status: 202, body: ["@odata.type": "#Task.v1_7_0.Task", "TaskState": "Running"])
        }
        return answer
    }
}
