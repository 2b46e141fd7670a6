/// Every key of an inventory, by where it stands; the manual page and the schema have each of them.
enum InventoryKeys {
    static let sections = ["credentials", "defaults", "chassis", "nodes", "groups"]
    static let credential = ["username", "password", "password_file"]
    static let defaults = ["bmc"]
    static let bmcDefaults = ["credentials", "tls"]
    static let tls = ["ca", "pin", "verify"]
    static let bmc = ["url", "credentials", "tls"]
    static let chassis = ["id", "bmc"] + rules
    static let node = ["id", "bmc", "chassis", "gpus", "rest", "node_manager"] + rules
    static let gpus = ["id", "processor"] + rules
    static let group = ["id", "members"]
    /// What chassis, nodes and GPUs have in common.
    static let rules = ["floor", "protected", "allow", "feeds", "shed_order", "redfish", "aliases"]
    static let redfish = ["power_limit", "system", "chassis"]
}
