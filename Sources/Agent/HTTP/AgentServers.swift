import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// The agent's pages and its control socket, as long as the process runs.
struct AgentServers: Sendable {
    let pages = SwitchableResponder<BasicRequestContext>()
    let commands = SwitchableResponder<ControlContext>()
    let services: [any Service]
    /// The port of the pages, once they are served; of use where the configuration says 0.
    let boundPort = BoundPort()

    final class BoundPort: Sendable {
        let value = Mutex<Int?>(nil)
    }

    init(_ configuration: AgentConfiguration, logger: Logger) {
        var services: [any Service] = []
        let boundPort = boundPort
        if let address = configuration.http {
            services.append(
                HTTPService(
                    endpoint: .tcp(address), responder: pages, logger: logger,
                    onRunning: { port in boundPort.value.withLock { $0 = port } }))
        }
        if let control = configuration.control {
            services.append(
                HTTPService(endpoint: .unix(control), responder: commands, logger: logger, onRunning: { _ in }))
        }
        self.services = services
    }

    func use(_ pages: RouterResponder<BasicRequestContext>, _ commands: RouterResponder<ControlContext>) {
        self.pages.use(pages)
        self.commands.use(commands)
    }
}
