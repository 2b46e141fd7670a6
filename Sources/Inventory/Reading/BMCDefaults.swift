import Settings
import Site

/// What `defaults.bmc` says of every BMC of a file that does not say otherwise itself.
struct BMCDefaults {
    var credentials: String?
    var credentialsSetting: Setting?
    var trust: BMC.Trust = .systemAuthorities
    private let checksFiles: Bool

    init(_ defaults: Setting?, checksFiles: Bool) {
        self.checksFiles = checksFiles
        guard let bmc = defaults?.members(InventoryKeys.defaults)["bmc"] else { return }
        read(bmc.members(InventoryKeys.bmcDefaults))
    }

    func overridden(by members: Members) -> BMCDefaults {
        var copy = self
        copy.read(members)
        return copy
    }

    private mutating func read(_ members: Members) {
        if let setting = members["credentials"], let name = setting.nonEmptyString() {
            credentials = name
            credentialsSetting = setting
        }
        if let tls = members["tls"], let trust = trust(tls) { self.trust = trust }
    }

    private func trust(_ setting: Setting) -> BMC.Trust? {
        let members = setting.members(InventoryKeys.tls)
        switch (members["ca"], members["pin"], members["verify"]) {
        case (let ca?, nil, nil):
            return (checksFiles ? ca.authorityFile() : ca.path()).map { .authorities(file: $0) }
        case (nil, let pin?, nil):
            guard let text = pin.nonEmptyString() else { return nil }
            return Self.isPin(text) ? .pin(text) : pin.fail("should be sha256//BASE64")
        case (nil, nil, let verify?):
            guard let isVerified = verify.bool() else { return nil }
            if !isVerified { verify.warn("whoever answers at a BMC's address is believed, and gets the password") }
            return isVerified ? .systemAuthorities : .unverified
        default:
            guard !members.hasValueless(InventoryKeys.tls) else { return nil }
            return setting.fail("should have one of ca, pin and verify")
        }
    }

    /// `sha256//` and the Base64 of 32 bytes, as libcurl writes pins.
    private static func isPin(_ text: String) -> Bool {
        guard text.hasPrefix("sha256//") else { return false }
        let digest = text.dropFirst(8)
        return digest.utf8.count == 44 && digest.hasSuffix("=")
            && digest.dropLast().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") }
    }
}
