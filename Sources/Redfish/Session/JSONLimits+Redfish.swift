import StrictJSON

extension JSONLimits {
    /// Of documents of BMCs: more than any was seen to need.
    static let redfish = JSONLimits(depth: 64, numberLength: 128)
}
