/// Which of etcd's members is asked: the one that answered last, for as long as it does.
struct EndpointOrder: Sendable {
    let count: Int
    private(set) var current = 0
    private(set) var troubles: [String?]
    /// Whether it was asked at all.
    private(set) var answered: [Bool]

    init(count: Int) {
        self.count = max(1, count)
        troubles = Array(repeating: nil, count: self.count)
        answered = Array(repeating: false, count: self.count)
    }

    mutating func succeeded(_ index: Int) {
        troubles[index] = nil
        answered[index] = true
    }

    /// The next one is asked, where nobody has moved on already.
    mutating func failed(_ index: Int, _ trouble: String) {
        troubles[index] = trouble
        answered[index] = false
        if current == index { current = (index + 1) % count }
    }

    /// Health as somebody looked, which moves nothing on.
    mutating func note(_ index: Int, trouble: String?) {
        troubles[index] = trouble
        answered[index] = trouble == nil
    }
}
