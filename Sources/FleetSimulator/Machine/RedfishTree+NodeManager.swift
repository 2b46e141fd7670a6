import StrictJSON

/// Node Manager as its resources show it (NVIDIA's NmPolicy schema; Intel's bmcweb).
extension RedfishTree {
    func nodeManagerResource(_ path: String) -> JSONValue? {
        guard let base = paths.nodeManager, let nodeManager = machine.nodeManager, path.hasPrefix(base) else {
            return nil
        }
        let parts = path.dropFirst(base.count).split(separator: "/").map(String.init)
        switch (parts.count, parts.first) {
        case (0, _): return root(path, nodeManager)
        case (1, "Domains"?):
            return collection(path, "NmDomainCollection", nodeManager.domains.map { "\(path)/\($0.id)" })
        case (1, "Policies"?):
            return collection(path, "NmPolicyCollection", nodeManager.policies.map { "\(path)/\($0.id)" })
        case (2, "Domains"?):
            return nodeManager.domains.first { $0.id == parts[1] }.map { domain(path, $0, nodeManager, base) }
        case (2, "Policies"?):
            return nodeManager.policies.first { $0.id == parts[1] }.map { policy(path, $0, nodeManager, base) }
        default: return nil
        }
    }

    private func root(_ path: String, _ nodeManager: NodeManager) -> JSONValue {
        .object(
            resource(
                path, "#NodeManager.v1_0_0.NodeManager", "NodeManager",
                [
                    "MaxNumberOfPolicies": 64, "NmVersion": "1.0", "Status": state(nodeManager.isEnabled, health: true),
                    "Domains": link("\(path)/Domains"), "Policies": link("\(path)/Policies"),
                    "Actions": action("NodeManager", "\(path)/Actions/NodeManager.ChangeState"),
                ]))
    }

    private func domain(
        _ path: String, _ domain: NodeManager.Domain, _ nodeManager: NodeManager, _ base: String
    ) -> JSONValue {
        let own = nodeManager.policies.filter { $0.domain == domain.id }
        var json = resource(
            path, "#NmDomain.v1_4_0.NmDomain", domain.id,
            [
                "Status": state(domain.isEnabled, health: false),
                "Capabilities": [
                    "Min": .number(JSONNumber(nodeManager.style.limits.lowerBound)),
                    "Max": .number(JSONNumber(nodeManager.style.limits.upperBound)), "MinCorrectionTimeInMs": 6000,
                    "MaxCorrectionTimeInMs": 60_000, "MinStatisticsReportingPeriod": 1,
                    "MaxStatisticsReportingPeriod": 3600,
                ],
                "Links": [
                    "Policies": .array(own.map { link("\(base)/Policies/\($0.id)") }),
                    "Policies@odata.count": .number(JSONNumber(own.count)),
                ],
                "Actions": action("NmDomain", "\(path)/Actions/Domain.ChangeState"),
            ])
        if domain.id == NodeManager.platform {
            let meter = self.meter
            let watts = watts(.machine, meter)
            json["Statistics"] = [
                [
                    "Name": "Power", "Units": "W", "StatisticsReportingPeriod": "PT1S", "Current": watts,
                    "Average": watts, "Max": watts, "Min": watts,
                ]
            ]
        }
        return .object(json)
    }

    private func policy(
        _ path: String, _ policy: NodeManager.Policy, _ nodeManager: NodeManager, _ base: String
    ) -> JSONValue {
        var json = resource(
            path, "#NmPolicy.v1_2_0.NmPolicy", policy.id,
            [
                "PolicyType": "PowerPolicy", "Limit": .number(JSONNumber(policy.limit)),
                "CorrectionInMs": .number(JSONNumber(policy.correctionInMs)),
                "ComponentId": .number(JSONNumber(policy.componentID)), "PolicyStorage": .string(policy.storage),
                "PowerCorrectionType": .string(policy.correction), "LimitException": .string(policy.exception),
                "StatisticsReportingPeriod": .string(policy.period),
                "Domain": link("\(base)/Domains/\(policy.domain)"),
                "Trigger": [
                    "TriggerType": .string(policy.trigger), "TriggerLimit": .number(JSONNumber(policy.triggerLimit)),
                ],
                "OemStatus": .string(
                    !policy.isEnabled ? "Disabled" : nodeManager.isActing(policy) ? "Selected" : "Suspended"),
                "Status": state(policy.isEnabled, health: false),
            ])
        json["Name"] = .string("Policy\(policy.id)")
        if !policy.isReadOnly { json["Actions"] = action("NmPolicy", "\(path)/Actions/Policy.ChangeState") }
        return .object(json)
    }

    private func action(_ kind: String, _ target: String) -> JSONValue {
        var action = JSONObject()
        action["#\(kind).ChangeState"] = [
            "State@Redfish.AllowableValues": ["Enabled", "Disabled"], "target": .string(target),
        ]
        return .object(action)
    }

    private func state(_ isEnabled: Bool, health: Bool) -> JSONValue {
        var status = JSONObject()
        status["State"] = isEnabled ? "Enabled" : "Disabled"
        if health { status["Health"] = "OK" }
        return .object(status)
    }
}
