import Shedding
import StrictJSON

extension BMCClient {
    static func resetTypes(_ values: JSONValue?) -> [ResetType] {
        values?.array?.compactMap(\.string).map { ResetType(rawValue: $0) } ?? []
    }
}
