package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** {@code mcp} as programs start it: the protocol's own client over standard input and output. */
class McpTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the README has people tell their programs, with Java in the place of the launcher. */
    private static ServerParameters documented() throws Exception {
        String block = CodeBlock.ofMarkdown(CodeBlock.ROOT.resolve("README.md")).stream()
                .filter(b -> b.language().equals("json"))
                .findFirst()
                .orElseThrow()
                .text();
        JsonNode server = JSON.readTree(block).at("/mcpServers/fovea");
        assertThat(server.at("/command").asText()).endsWith("/fovea");
        List<String> args = new ArrayList<>(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true",
                "-Dfovea.home=" + CodeBlock.ROOT,
                "-cp",
                Compiled.CLASS_PATH,
                "dev.fovea.cli.Main"));
        server.at("/args").forEach(arg -> args.add(arg.asText()));
        return ServerParameters.builder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString())
                .args(args)
                .build();
    }

    @Test
    void aClientStartsItAndAsks() throws Exception {
        StdioClientTransport transport = new StdioClientTransport(documented(), new JacksonMcpJsonMapper(JSON));
        List<String> errors = new CopyOnWriteArrayList<>();
        transport.setStdErrorHandler(errors::add);
        try (McpSyncClient client = McpClient.sync(transport)
                .jsonSchemaValidator((schema, value) -> JsonSchemaValidator.ValidationResponse.asValid(null))
                .initializationTimeout(Duration.ofSeconds(60))
                .requestTimeout(Duration.ofSeconds(60))
                .build()) {
            assertThat(client.initialize().serverInfo().version()).isEqualTo(Version.number());
            Path scene = CodeBlock.ROOT.resolve("docs/images/scene.png");
            McpSchema.CallToolResult result = client.callTool(McpSchema.CallToolRequest.builder("ask_picture")
                    .arguments(Map.of(
                            "pictures",
                            List.of(scene.toString()),
                            "question",
                            "How many red circles are there?",
                            "techniques",
                            List.of("hiprune"),
                            "budget",
                            "64"))
                    .build());
            assertThat(JSON.valueToTree(result.structuredContent())
                            .at("/answer")
                            .asText())
                    .isEqualTo("2");
        }
        assertThat(errors).noneMatch(line -> line.startsWith("fovea:"));
    }

    @Test
    void endsWithItsInput() {
        String hello = """
                {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",\
                "capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
                """;
        Run run = Run.reading(
                new ByteArrayInputStream(hello.getBytes(StandardCharsets.UTF_8)), "mcp", "--model", Run.MODEL);
        assertThat(run.code()).isEqualTo(ExitCode.OK);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void servesOverHttpUntilItIsStopped() throws Exception {
        Interruption interruption = new Interruption();
        Thread stopping = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(1_500);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            interruption.request();
        });
        Run run = Run.with("", interruption, "mcp", "--model", Run.MODEL, "--http", "0");
        stopping.join();
        assertThat(run.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(run.out()).matches("llava-mha is ready at http://127\\.0\\.0\\.1:\\d+/mcp \\(Ctrl-C stops it\\)\\R");
    }

    @Test
    void whatIsWrongIsSaidBeforeAnythingIsOpened() {
        for (String[] wrong : new String[][] {
            {"--http", "70000"},
            {"--pictures", "no such folder"},
            {"--technique", "hipprune"},
            {"--budget", "x"}
        }) {
            Run run = Run.of("mcp", wrong[0], wrong[1]);
            assertThat(run.code()).as(wrong[0]).isIn(ExitCode.USAGE, ExitCode.INPUT);
            assertThat(run.err()).hasLineCount(1).startsWith("fovea: ");
        }
    }
}
