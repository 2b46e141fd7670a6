import Shedding
import StrictJSON

extension BMCClient {
    static func resetTypes(_ values: JSONValue?) -> [ResetType] {
        Reading.bounded(values?.array?.compactMap(\.string).map { ResetType(rawValue: $0) } ?? [])
    }

    /// A BMC has one a system.
    private static let mostActionInfos = 16

    func resetTypes(_ info: String, context: RequestContext) async throws(BMCFault) -> [ResetType] {
        if let known = actionInfos[info] { return known }
        let parameters = try await get(info, context: context).json["Parameters"]?.array ?? []
        let reset = parameters.first { $0["Name"]?.string == "ResetType" }
        let types = Self.resetTypes(reset?["AllowableValues"])
        // A BMC that names another one at each look is no reason to remember them all.
        if actionInfos.count >= Self.mostActionInfos { actionInfos = [:] }
        actionInfos[info] = types
        return types
    }
}
