import Shedding
import StrictJSON

/// Changing controls.
extension BMCClient {
    func perform(
        _ write: Convergence.Write, _ entry: ControlEntry, context: RequestContext
    ) async throws(BMCFault) {
        guard let locator = locators[entry.key], var document = documents[entry.key] else {
            throw BMCFault(.unsupported, "internal: written before it was read")
        }
        objections[entry.key] = nil
        if case .reset(let type) = write { return try await reset(type, document, context: context) }
        guard let dialect = ControlDialects.named(locator.dialect),
            var step = dialect.step(write, in: document.json, at: locator)
        else { throw BMCFault(.unsupported, "\(locator.uri) cannot be set to \(write)") }
        let patience = max(options.requestTimeout, dialect.patience ?? .zero)
        // Once anything was taken, a failure leaves the control changed: it is no refusal any more, and the prior must
        // not be taken anew.
        var isChanged = false
        var preparations = 0
        do throws(BMCFault) {
            while case .prepare(let request, let orElse) = step {
                let before = step
                preparations += 1
                // Somebody else takes back what was prepared.
                guard preparations <= Self.mostPreparations else { throw BMCFault(.refused, orElse) }
                _ = try await send(request, document, within: patience, context: context, orElse: orElse)
                isChanged = true
                document = try await get(locator.uri, context: context)
                guard let next = dialect.step(write, in: document.json, at: locator), next != before else {
                    throw BMCFault(.refused, orElse)
                }
                step = next
            }
            guard case .change(let requests) = step else { return }
            for request in requests {
                if let objection = try await send(
                    request, document, within: patience, context: context)
                {
                    objections[entry.key] = objection
                }
                isChanged = true
            }
        } catch {
            throw isChanged ? BMCFault(.unknownEffect, error.message, retryAfter: error.retryAfter) : error
        }
    }

    /// Sends a request, with its next body where the BMC refused the one before and so changed nothing.
    private func send(
        _ request: ControlRequest, _ document: Document, within limit: Duration, context: RequestContext,
        orElse: String? = nil
    ) async throws(BMCFault) -> String? {
        let target = request.uri.map { Document(uri: $0, json: .null, etag: nil) } ?? document
        var refusal = BMCFault(.refused, "internal: a request without a body")
        for body in request.bodies {
            do {
                switch request.method {
                case .patch: return try await patch(target, body, within: limit, context: context)
                case .post: return try await post(target.uri, body, within: limit, context: context)
                }
            } catch {
                guard error.kind == .refused else { throw error }
                refusal = error
            }
        }
        throw orElse.map { BMCFault(.refused, "\($0) (\(refusal.message))") } ?? refusal
    }

    /// A refusal by a machine that is already in the state asked for is none: BMCs answer that with 400, 409 or 500.
    private func reset(_ type: String, _ document: Document, context: RequestContext) async throws(BMCFault) {
        guard let target = document.json["Actions", "#ComputerSystem.Reset", "target"]?.string else {
            throw BMCFault(.unsupported, "\(document.uri) has no Reset action")
        }
        do {
            _ = try await post(target, ["ResetType": .string(type)], within: nil, context: context)
        } catch {
            guard error.kind == .refused else { throw error }
            let text = try await get(document.uri, context: context).json["PowerState"]?.string
            let state = text.flatMap(PowerState.init(rawValue:)) ?? .unknown
            let wantsOn = ["On", "ForceOn", "Resume"].contains(type)
            guard wantsOn ? state == .on : state.isDown else { throw error }
        }
    }
}
