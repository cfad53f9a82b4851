package dev.fovea.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.transport.DefaultServerTransportSecurityValidator;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * HTTP for clients of this machine.
 *
 * @param jetty listens
 */
record LoopbackHttp(Server jetty) implements Ending {
    private static final String PATH = "/mcp";

    /** What names another host, or comes from a web page of another one, is refused: no page reaches a local server so. */
    static HttpServletStreamableServerTransportProvider transport(McpJsonMapper json, int longest) {
        return HttpServletStreamableServerTransportProvider.builder()
                .jsonMapper(json)
                .mcpEndpoint(PATH)
                .maxRequestSize(longest)
                .httpHeaderValidator(DefaultServerTransportSecurityValidator.builder()
                        .allowedHosts(List.of("127.0.0.1:*", "localhost:*"))
                        .allowedOrigins(List.of("http://127.0.0.1:*", "http://localhost:*"))
                        .build())
                .build();
    }

    /**
     * Listens.
     *
     * @param port 0 takes any that is free
     * @throws IllegalArgumentException with one sentence if the port is taken
     */
    static LoopbackHttp start(HttpServletStreamableServerTransportProvider transport, int port) {
        Server jetty = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        ServletHolder holder = new ServletHolder(transport);
        holder.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler();
        context.addServlet(holder, PATH);
        jetty.setHandler(context);
        try {
            jetty.start();
        } catch (Exception e) {
            throw new IllegalArgumentException(
                    "Port " + port + " of this machine cannot be listened on; choose another.", e);
        }
        return new LoopbackHttp(jetty);
    }

    int port() {
        return ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
    }

    @Override
    public boolean await(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
        return jetty.isStopped();
    }

    @Override
    public void end() {
        try {
            jetty.stop();
        } catch (Exception e) {
            throw new IllegalStateException("The server does not stop", e);
        }
    }
}
