import Curl

extension HTTPClientPool {
    convenience init(_ configuration: Configuration, fence: (@Sendable () -> Bool)?) { self.init(configuration) }
}
