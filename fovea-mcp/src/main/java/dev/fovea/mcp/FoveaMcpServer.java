package dev.fovea.mcp;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The tools of a {@link ToolBox} as a server of the Model Context Protocol, over standard input and output or over HTTP.
 * Failures of a tool are answers that say so in a sentence; nothing of what fails inside is told.
 */
public final class FoveaMcpServer implements AutoCloseable {
    private static final int LONGEST_MESSAGE = 64 << 20;
    private static final McpJsonMapper JSON = new JacksonMcpJsonMapper(new ObjectMapper());

    /** Arguments are checked where they are read. */
    private static final JsonSchemaValidator UNCHECKED =
            (schema, value) -> JsonSchemaValidator.ValidationResponse.asValid(null);

    private final McpSyncServer server;
    private final Ending ending;
    private final int port;

    private FoveaMcpServer(McpSyncServer server, Ending ending, int port) {
        this.server = server;
        this.ending = ending;
        this.port = port;
    }

    /**
     * Serves one client on two streams, as programs do that start servers as processes of their own.
     *
     * @param in requests, one a line; its end ends the server
     * @param out answers, one a line, and nothing else
     */
    public static FoveaMcpServer overStreams(ToolBox box, String version, InputStream in, OutputStream out) {
        EndSignal requests = new EndSignal(in);
        McpSyncServer server = specified(
                        McpServer.sync(new StdioServerTransportProvider(JSON, requests, out, LONGEST_MESSAGE)),
                        box,
                        version)
                .build();
        return new FoveaMcpServer(server, requests, 0);
    }

    /**
     * Serves clients of this machine at {@code http://127.0.0.1:PORT/mcp} (streamable HTTP). Requests of web pages from
     * elsewhere, and those that name another host, are refused.
     *
     * @param port 0 takes any that is free
     * @throws IllegalArgumentException with one sentence if the port is taken
     */
    public static FoveaMcpServer overHttp(ToolBox box, String version, int port) {
        HttpServletStreamableServerTransportProvider transport = LoopbackHttp.transport(JSON, LONGEST_MESSAGE);
        McpSyncServer server =
                specified(McpServer.sync(transport), box, version).build();
        LoopbackHttp http = LoopbackHttp.start(transport, port);
        return new FoveaMcpServer(server, http, http.port());
    }

    private static <S extends McpServer.SyncSpecification<S>> McpServer.SyncSpecification<S> specified(
            McpServer.SyncSpecification<S> server, ToolBox box, String version) {
        server.jsonMapper(JSON)
                .jsonSchemaValidator(UNCHECKED)
                .validateToolInputs(false)
                .serverInfo("fovea", version)
                .capabilities(
                        McpSchema.ServerCapabilities.builder().tools(false).build());
        for (Tool tool : box.tools()) {
            server.toolCall(
                    McpSchema.Tool.builder(tool.name(), JSON, tool.schema())
                            .description(tool.description())
                            .build(),
                    (exchange, request) -> answer(tool, request));
        }
        return server;
    }

    private static McpSchema.CallToolResult answer(Tool tool, McpSchema.CallToolRequest request) {
        try {
            return tool.call(Arguments.of(request.arguments(), tool.arguments()));
        } catch (RuntimeException e) {
            return McpSchema.CallToolResult.builder()
                    .addTextContent(Failures.sentence(e))
                    .isError(true)
                    .build();
        }
    }

    /** The port that is listened on; 0 if there is none. */
    public int port() {
        return port;
    }

    /** Whether nothing more will come, because the client has gone; waits at most this long. */
    public boolean awaitEnd(long millis) throws InterruptedException {
        return ending.await(millis);
    }

    /** Ends what runs, and stops. */
    @Override
    public void close() {
        server.closeGracefully();
        ending.end();
    }
}
