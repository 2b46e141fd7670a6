import Redfish
import Shedding
import Site

/// One client for every connection to a BMC that was spoken to, kept for its session and what it has found.
actor ClientDirectory {
    private struct Key: Hashable {
        let bmc: BMC
        let place: Int
    }

    private let transport: any HTTPTransport
    private var options: RedfishOptions
    private var credentials: [String: CredentialReference]
    private var clients: [Key: BMCClient] = [:]
    private var closings: [Task<Void, Never>] = []
    private let ledger: (any BMCLedger)?
    /// Of all connections to a BMC under one name, since it counts wrong passwords over all of them.
    private var logins: [LoginKey: LoginRecord] = [:]

    private struct LoginKey: Hashable {
        let address: BMC.Address
        let username: String
    }

    init(
        transport: any HTTPTransport, options: RedfishOptions, credentials: [String: CredentialReference],
        ledger: (any BMCLedger)? = nil
    ) {
        self.ledger = ledger
        self.transport = transport
        self.options = options
        self.credentials = credentials
    }

    /// - Throws: where the inventory no longer has the credentials that the BMC is reached with
    func client(for bmc: BMC, place: Int = 0) throws(BMCFault) -> BMCClient {
        let key = Key(bmc: bmc, place: place)
        if let known = clients[key] { return known }
        guard let login = credentials[bmc.credentials] else {
            throw BMCFault(.unauthorized, "the inventory has no credentials \"\(bmc.credentials)\" any more")
        }
        let name = LoginKey(address: bmc.address, username: login.username)
        let record = logins[name] ?? LoginRecord()
        logins[name] = record
        let client = BMCClient(
            bmc: bmc, credentials: login, transport: transport, options: options, ledger: ledger, logins: record,
            wall: WallClock.now)
        clients[key] = client
        return client
    }

    /// Nothing more is asked of a BMC for now.
    func rest(_ bmc: BMC, place: Int) async { await clients[Key(bmc: bmc, place: place)]?.closeIdle() }

    /// Takes over changed logins; clients that used others are made anew, and so are those of BMCs whose address, login or
    /// trust is another one now. What was refused may be tried again: that is what somebody asks for who has everything
    /// read again.
    ///
    /// - Parameter needed: the BMCs that are spoken to from now on
    func reload(
        _ credentials: [String: CredentialReference], options: RedfishOptions, keeping needed: Set<BMC>
    ) async {
        let isPatienceChanged = options != self.options
        self.options = options
        let changed = clients.filter {
            isPatienceChanged || !needed.contains($0.key.bmc)
                || self.credentials[$0.key.bmc.credentials] != credentials[$0.key.bmc.credentials]
        }
        self.credentials = credentials
        for record in logins.values { await record.forget() }
        for (key, client) in changed {
            clients[key] = nil
            // One that does not answer holds up nobody.
            closings.append(Task { await client.close() })
        }
    }

    /// Begins to end the sessions on all BMCs but some, whose end others have to wait for.
    func startClosing(except busy: Set<BMC.Address>) {
        let idle = clients.filter { !busy.contains($0.key.bmc.address) }
        for (key, client) in idle {
            clients[key] = nil
            closings.append(Task { await client.close() })
        }
    }

    /// Ends every session.
    func closeAll() async {
        startClosing(except: [])
        for closing in closings { await closing.value }
        closings = []
    }
}
