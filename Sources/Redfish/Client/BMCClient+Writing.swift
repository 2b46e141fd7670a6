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
        let issued = session.writesIssued
        do throws(BMCFault) {
            try await carryOut(write, entry, locator, &document, context: context)
        } catch {
            // What comes to nothing after a request went out says nothing of that request.
            guard error.isUnsent, session.writesIssued > issued else { throw error }
            throw BMCFault(.unknownEffect, error.message, retryAfter: error.retryAfter)
        }
    }

    private func carryOut(
        _ write: Convergence.Write, _ entry: ControlEntry, _ locator: Locator, _ document: inout Document,
        context: RequestContext
    ) async throws(BMCFault) {
        if case .reset(let type) = write { return try await reset(type, document, context: context) }
        guard let dialect = ControlDialects.named(locator.dialect),
            let change = Self.inItsWords(write, document.json, locator),
            var step = dialect.step(change, in: document.json, at: locator)
        else { throw BMCFault(.unsupported, "\(locator.uri) cannot be set to \(write)") }
        let patience = max(options.requestTimeout, dialect.patience ?? .zero)
        // Once anything was taken, a failure leaves the control changed: it is no refusal any more, and the prior must
        // not be taken anew.
        var isChanged = false
        var preparations = 0
        do throws(BMCFault) {
            while case .prepare(let request, let failureMessage) = step {
                let before = step
                preparations += 1
                // Somebody else takes back what was prepared.
                guard preparations <= Self.maximumPreparations else { throw BMCFault(.refused, failureMessage) }
                _ = try await send(
                    request, &document, entry, timeout: patience, context: context, failureMessage: failureMessage)
                isChanged = true
                document = try await self.document(at: locator, context: context)
                guard let next = dialect.step(change, in: document.json, at: locator), next != before else {
                    throw BMCFault(.refused, failureMessage)
                }
                step = next
            }
            guard case .change(let requests) = step else { return }
            for var request in requests {
                // What was just changed has new tags.
                if isChanged { document = try await self.document(at: locator, context: context) }
                if case .restore = change { request.bodies = request.bodies.flatMap(PriorSpelling.bodies) }
                if let objection = try await send(request, &document, entry, timeout: patience, context: context) {
                    objections[entry.key] = objection
                }
                isChanged = true
            }
        } catch {
            throw isChanged ? BMCFault(.unknownEffect, error.message, retryAfter: error.retryAfter) : error
        }
    }

    /// A prior that means "no limit" and was taken elsewhere, in the words of this control.
    private static func inItsWords(
        _ write: Convergence.Write, _ document: JSONValue, _ locator: Locator
    ) -> Convergence.Write? {
        guard write == .lift else { return write }
        return OffFragment.fragment(in: document, at: locator).map { .restore($0) }
    }

    /// Sends a request, with its next body where the BMC refused the one before and so changed nothing.
    private func send(
        _ request: ControlRequest, _ document: inout Document, _ entry: ControlEntry, timeout: Duration,
        context: RequestContext, failureMessage: String? = nil
    ) async throws(BMCFault) -> String? {
        var refusal = BMCFault(.refused, "internal: a request without a body")
        for body in request.bodies {
            do {
                switch request.method {
                case .patch:
                    return try await patch(request.uri, body, &document, entry, timeout: timeout, context: context)
                case .post:
                    return try await post(request.uri ?? document.uri, body, timeout: timeout, context: context)
                case .delete:
                    return try await delete(request.uri ?? document.uri, timeout: timeout, context: context)
                }
            } catch {
                guard error.kind == .refused else { throw error }
                refusal = error
            }
        }
        throw failureMessage.map { BMCFault(.refused, "\($0) (\(refusal.message))") } ?? refusal
    }

    /// A PATCH under the tags of what was read. Where those are refused, the control is read again: what somebody else
    /// wrote is not overwritten. Where it is as it was, the tag is at fault, and in the end goes without.
    private func patch(
        _ uri: String?, _ body: JSONValue, _ document: inout Document, _ entry: ControlEntry, timeout: Duration,
        context: RequestContext
    ) async throws(BMCFault) -> String? {
        guard let locator = locators[entry.key], uri == nil else {
            let target = Document(uri: uri ?? document.uri, json: .null, etags: [])
            return try await patch(target, body, condition: .preferred, timeout: timeout, context: context)
        }
        do {
            return try await patch(document, body, condition: .required, timeout: timeout, context: context)
        } catch {
            guard error.kind == .overtaken else { throw error }
            let fresh = try await reread(document, locator, orThrow: error, context: context)
            let hasNewTag = fresh.etags != document.etags
            document = fresh
            documents[entry.key] = fresh
            if !hasNewTag {
                return try await patch(fresh, body, condition: .preferred, timeout: timeout, context: context)
            }
        }
        do {
            return try await patch(document, body, condition: .required, timeout: timeout, context: context)
        } catch {
            guard error.kind == .overtaken else { throw error }
            document = try await reread(document, locator, orThrow: error, context: context)
            documents[entry.key] = document
        }
        return try await patch(document, body, condition: .preferred, timeout: timeout, context: context)
    }

    /// The document anew, where its control is as it was.
    private func reread(
        _ document: Document, _ locator: Locator, orThrow fault: BMCFault, context: RequestContext
    ) async throws(BMCFault) -> Document {
        let fresh = try await self.document(at: locator, context: context)
        let dialect = ControlDialects.named(locator.dialect)
        guard let before = dialect?.reading(in: document.json, at: locator),
            let after = dialect?.reading(in: fresh.json, at: locator),
            before.value == after.value, before.fragment.text == after.fragment.text
        else { throw fault }
        return fresh
    }

    /// Whether the machine obeyed is seen at the machine: BMCs answer 400, 409 or 500 where it is in that state already.
    private func reset(_ type: ResetType, _ document: Document, context: RequestContext) async throws(BMCFault) {
        guard let target = document.json["Actions", "#ComputerSystem.Reset", "target"]?.string else {
            throw BMCFault(.unsupported, "\(document.uri) has no Reset action")
        }
        _ = try await post(target, ["ResetType": .string(type.rawValue)], timeout: nil, context: context)
    }
}
