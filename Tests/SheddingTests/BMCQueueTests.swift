import Testing

@testable import Shedding

struct BMCQueueTests {
    @Test func aQueueServesPriorityFirst() {
        var queue = BMCQueue()
        queue.isVisitDue = true
        let key = { (name: String) in ControlKey(resource: name, facet: .powerLimit) }
        queue.add(key("a"), priority: 3)
        queue.add(key("b"), priority: 1)
        queue.add(key("c"), priority: 3)
        queue.add(key("a"), priority: 0)
        var jobs: [BMCQueue.Job] = []
        while let next = queue.next() { jobs.append(next) }
        // The patrol comes after everything else, once.
        #expect(
            jobs == [
                // What is asked for more urgently while it waits moves up.
                .control(key("a"), priority: 0), .control(key("b"), priority: 1), .control(key("c"), priority: 3),
                .visit,
            ])
        #expect(queue.isEmpty)
    }
}
