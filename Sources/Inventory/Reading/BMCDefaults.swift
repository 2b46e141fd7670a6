import Foundation
import Settings

/// What `defaults.bmc` says of every BMC of a file that does not say otherwise itself.
struct BMCDefaults {
    var credentials: String?
    var credentialsSetting: Setting?
    var trust: BMC.Trust = .systemAuthorities
    private let checksFiles: Bool

    init(_ defaults: Setting?, checksFiles: Bool) {
        self.checksFiles = checksFiles
        guard let bmc = defaults?.members(["bmc"])["bmc"] else { return }
        read(bmc.members(["credentials", "tls"]))
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
        let members = setting.members(["ca", "pin", "verify"])
        switch (members["ca"], members["pin"], members["verify"]) {
        case (let ca?, nil, nil):
            guard let path = ca.path() else { return nil }
            if checksFiles, !FileManager.default.isReadableFile(atPath: path) {
                return ca.fail("cannot be read: \(path)")
            }
            return .authorities(file: path)
        case (nil, let pin?, nil):
            guard let text = pin.nonEmptyString() else { return nil }
            return Self.isPin(text) ? .pin(text) : pin.fail("should be sha256//BASE64")
        case (nil, nil, let verify?):
            return verify.bool().map { $0 ? .systemAuthorities : .unverified }
        default:
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
