package dev.fovea.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.technique.Budget;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The tools, called by the protocol's own client over HTTP. */
class FoveaMcpServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static SharedModel shared;
    private static FoveaMcpServer server;
    private static McpSyncClient client;

    @BeforeAll
    static void start() {
        shared = Peek.open();
        PictureSource pictures = PictureSource.below(Peek.ROOT.resolve("docs"), PictureLimits.DEFAULT);
        server = FoveaMcpServer.overHttp(new ToolBox(shared, "peek", pictures, Spending.everything()), "1", 0);
        client = McpClient.sync(HttpClientStreamableHttpTransport.builder("http://127.0.0.1:" + server.port())
                        .jsonMapper(new JacksonMcpJsonMapper(JSON))
                        .build())
                .jsonSchemaValidator((schema, value) -> JsonSchemaValidator.ValidationResponse.asValid(null))
                .requestTimeout(Duration.ofSeconds(60))
                .build();
        client.initialize();
    }

    @AfterAll
    static void stop() {
        client.closeGracefully();
        server.close();
        shared.close();
    }

    private static McpSchema.CallToolResult call(String tool, Map<String, Object> arguments) {
        return client.callTool(
                McpSchema.CallToolRequest.builder(tool).arguments(arguments).build());
    }

    private static String text(McpSchema.CallToolResult result, int index) {
        return ((McpSchema.TextContent) result.content().get(index)).text();
    }

    private static JsonNode structured(McpSchema.CallToolResult result) {
        return JSON.valueToTree(result.structuredContent());
    }

    private static Answer alone() {
        return shared.model()
                .ask(
                        List.of(new PictureReader().read(Peek.SCENE).image()),
                        Peek.QUESTION,
                        AskOptions.defaults().withTechniques(List.of("hiprune"), Budget.count(64)));
    }

    @Test
    void namesItsToolsWithSchemas() {
        List<McpSchema.Tool> tools = client.listTools().tools();
        assertThat(tools)
                .extracting(McpSchema.Tool::name)
                .containsExactly("ask_picture", "compare_techniques", "explain_tokens");
        assertThat(tools).allSatisfy(tool -> {
            JsonNode schema = JSON.valueToTree(tool.inputSchema());
            assertThat(schema.at("/additionalProperties").asBoolean(true)).isFalse();
            assertThat(schema.at("/required")).isNotEmpty();
        });
        assertThat(client.getServerInfo().name()).isEqualTo("fovea");
    }

    @Test
    void answersQuestionsAboutPictures() {
        McpSchema.CallToolResult result = call(
                "ask_picture",
                Map.of(
                        "pictures",
                        List.of("images/scene.png"),
                        "question",
                        Peek.QUESTION,
                        "techniques",
                        List.of("hiprune"),
                        "budget",
                        "64"));
        assertThat(result.isError()).isFalse();
        assertThat(text(result, 0)).isEqualTo(alone().text());
        assertThat(text(result, 1)).contains("64 of 256 visual tokens");
        JsonNode structured = structured(result);
        assertThat(structured.at("/answer").asText()).isEqualTo(alone().text());
        assertThat(structured.at("/visual_tokens/kept").asInt()).isEqualTo(64);
        McpSchema.CallToolResult plain =
                call("ask_picture", Map.of("pictures", List.of(Peek.sceneUrl()), "question", Peek.QUESTION));
        assertThat(structured(plain).at("/visual_tokens/kept").asInt()).isEqualTo(256);
    }

    @Test
    void comparesTechniquesWithThePlainModelAndASmallerPicture() {
        McpSchema.CallToolResult result = call(
                "compare_techniques",
                Map.of(
                        "picture",
                        "images/scene.png",
                        "question",
                        Peek.QUESTION,
                        "techniques",
                        List.of("hiprune", "nosuch"),
                        "budgets",
                        List.of("64", "25")));
        JsonNode rows = structured(result).at("/results");
        assertThat(rows.findValuesAsText("technique"))
                .containsExactly("full", "hiprune", "hiprune", "downsample", "downsample");
        assertThat(rows.get(1).at("/answer").asText()).isEqualTo(alone().text());
        assertThat(rows.get(2).at("/visual_tokens/kept").asInt()).isEqualTo(25);
        assertThat(rows.get(0).at("/agreement").asDouble()).isEqualTo(1);
        assertThat(structured(result).at("/failed")).hasSize(2);
        assertThat(text(result, 0)).contains("hiprune at 64: 64 visual tokens").contains("nosuch at 64 did not run");
    }

    @Test
    void showsWhatBecameOfEveryToken() throws Exception {
        McpSchema.CallToolResult result = call(
                "explain_tokens",
                Map.of(
                        "picture",
                        Peek.sceneUrl(),
                        "question",
                        Peek.QUESTION,
                        "techniques",
                        List.of("hiprune"),
                        "budget",
                        "64"));
        JsonNode map = structured(result).at("/maps/0");
        assertThat(map).hasSize(16).allSatisfy(row -> assertThat(row.asText()).hasSize(16));
        String all = map.toString();
        assertThat(all.chars().filter(c -> c == '#').count()).isEqualTo(64);
        assertThat(all.chars().filter(c -> c == '.').count()).isEqualTo(192);
        assertThat(structured(result).at("/stations/connector/dropped").asInt()).isEqualTo(192);
        assertThat(structured(result).at("/decoder_tokens"))
                .allSatisfy(held -> assertThat(held.asInt()).isEqualTo(64));
        assertThat(text(result, 1)).contains("At connector: ").contains("192 dropped");
        McpSchema.ImageContent overlay =
                (McpSchema.ImageContent) result.content().get(2);
        byte[] png = Base64.getDecoder().decode(overlay.data());
        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isGreaterThan(600);
    }

    /** The second page of the document is all of the scene; the first is not. */
    @Test
    void pagesOfDocumentsAreAskedAboutAsPictures() throws Exception {
        for (String document : List.of("images/pages.pdf", Papers.url(Files.readAllBytes(Papers.FILE)))) {
            McpSchema.CallToolResult result =
                    call("ask_picture", Map.of("pictures", List.of(document), "pages", "2", "question", Peek.SIGN));
            assertThat(result.isError()).as(text(result, 0)).isFalse();
            assertThat(text(result, 0)).isEqualTo("STOP");
            assertThat(structured(result).at("/visual_tokens/kept").asInt()).isEqualTo(256);
        }
        McpSchema.CallToolResult all = call(
                "ask_picture",
                Map.of("pictures", List.of("images/pages.pdf", "images/scene.png"), "question", Peek.SIGN));
        assertThat(structured(all).at("/visual_tokens/total").asInt()).isEqualTo(3 * 256);
        McpSchema.CallToolResult each = call(
                "ask_picture",
                Map.of(
                        "pictures",
                        List.of("images/pages.pdf", "images/pages.pdf"),
                        "pages",
                        List.of("2", "1-2"),
                        "question",
                        Peek.SIGN));
        assertThat(structured(each).at("/visual_tokens/total").asInt()).isEqualTo(3 * 256);
    }

    @Test
    void onePageIsComparedAndExplained() {
        McpSchema.CallToolResult explained =
                call("explain_tokens", Map.of("picture", "images/pages.pdf", "page", 2, "question", Peek.SIGN));
        assertThat(text(explained, 0)).isEqualTo("STOP");
        McpSchema.CallToolResult compared = call(
                "compare_techniques",
                Map.of(
                        "picture",
                        "images/pages.pdf",
                        "page",
                        2,
                        "question",
                        Peek.SIGN,
                        "techniques",
                        List.of("hiprune")));
        assertThat(structured(compared).at("/results/0/answer").asText()).isEqualTo("STOP");
    }

    @Test
    void anEncryptedDocumentWantsItsPasswordWhichNobodyGetsToSee() {
        String locked = Papers.url(Papers.blank(1, "sesame-street"));
        Map<String, Object> without = Map.of("pictures", List.of(locked), "question", "?", "max_tokens", 1);
        assertThat(text(call("ask_picture", without), 0))
                .isEqualTo("The document is encrypted; give its password (the argument 'password')");
        Map<String, Object> wrong = new HashMap<>(without);
        wrong.put("password", "wrong-street");
        assertThat(text(call("ask_picture", wrong), 0))
                .contains("the password is not the one")
                .doesNotContain("wrong-street");
        Map<String, Object> right = new HashMap<>(without);
        right.put("password", "sesame-street");
        assertThat(structured(call("ask_picture", right))
                        .at("/visual_tokens/total")
                        .asInt())
                .isEqualTo(256);
    }

    static List<Arguments> wrong() {
        String picture = "images/scene.png";
        String pages = "images/pages.pdf";
        return List.of(
                Arguments.of(
                        "ask_picture",
                        Map.of("pictures", List.of(pages), "question", "?", "pages", "one"),
                        "'one' names no pages"),
                Arguments.of(
                        "ask_picture",
                        Map.of("pictures", List.of(pages), "question", "?", "pages", "3"),
                        "has 2 pages, and no page 3"),
                Arguments.of(
                        "ask_picture",
                        Map.of("pictures", List.of(picture), "question", "?", "pages", "1"),
                        "'pages' is about PDF documents, and none is among the pictures"),
                Arguments.of(
                        "ask_picture",
                        Map.of("pictures", List.of(pages, pages, pages), "question", "?", "pages", List.of("1", "2")),
                        "chooses pages of 2 documents"),
                Arguments.of(
                        "ask_picture",
                        Map.of(
                                "pictures",
                                List.of(Papers.url(Papers.blank(10, null)), Papers.url(Papers.blank(7, null))),
                                "question",
                                "?"),
                        "more than the 16 pictures"),
                Arguments.of(
                        "ask_picture",
                        Map.of("pictures", List.of(Papers.url(Papers.blank(17, null))), "question", "?"),
                        "has 17 pages, more than the 16"),
                Arguments.of(
                        "ask_picture",
                        Map.of(
                                "pictures",
                                List.of(Papers.url("%PDF-1.7 and nothing else".getBytes(UTF_8))),
                                "question",
                                "?"),
                        "The document is a damaged PDF document"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", pages, "question", "?", "page", 3),
                        "has 2 pages, and no page 3"),
                Arguments.of(
                        "explain_tokens", Map.of("picture", pages, "question", "?", "page", 0), "whole number from 1"),
                Arguments.of(
                        "compare_techniques",
                        Map.of("picture", picture, "question", "?", "techniques", List.of("grid"), "password", "x"),
                        "'password' is about PDF documents"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", "../README.md", "question", "?", "pages", "1"),
                        "did you mean 'page'"),
                Arguments.of("ask_picture", Map.of("picture", picture), "did you mean 'pictures'"),
                Arguments.of("ask_picture", Map.of("pictures", List.of(picture)), "'question' is missing"),
                Arguments.of("ask_picture", Map.of("question", "?"), "1 to 16 pictures"),
                Arguments.of("ask_picture", Map.of("pictures", List.of(), "question", "?"), "1 to 64 texts"),
                Arguments.of("explain_tokens", Map.of("picture", 7, "question", "?"), "must be a text"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", picture, "question", "?", "max_tokens", 1e300),
                        "whole number from 1 to 4096"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", picture, "question", "?", "budget", "-1"),
                        "A budget needs at least 1 visual token"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", picture, "question", "?", "techniques", List.of("hiprune:@/etc/passwd")),
                        "cannot name files"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", picture, "question", "?", "techniques", List.of("matryoshka: weights = x")),
                        "cannot name files"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", "../README.md", "question", "?"),
                        "There is no picture '../README.md' in the folder"),
                Arguments.of(
                        "explain_tokens",
                        Map.of("picture", "/etc/passwd", "question", "?"),
                        "There is no picture '/etc/passwd' in the folder"),
                Arguments.of("explain_tokens", Map.of("picture", "a\u0000b", "question", "?"), "is no name of a file"),
                Arguments.of("explain_tokens", Map.of("picture", "serve.md", "question", "?"), "serve.md"),
                Arguments.of("explain_tokens", Map.of("picture", "data:image/png;base64,!", "question", "?"), "base64"),
                Arguments.of("compare_techniques", Map.of("picture", picture, "question", "?"), "hiprune"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatIsWrongIsToldInASentence(String tool, Map<String, Object> arguments, String sentence) {
        McpSchema.CallToolResult result = call(tool, arguments);
        assertThat(result.isError()).isTrue();
        assertThat(text(result, 0)).contains(sentence).doesNotContain("\n");
    }

    @Test
    void webPagesOfOthersAreRefused() throws Exception {
        for (String[] header : new String[][] {{"Origin", "https://evil.example"}, {"X-Other", "harmless"}}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/mcp"))
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, text/event-stream")
                    .header(header[0], header[1])
                    .POST(HttpRequest.BodyPublishers.ofString("""
                            {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",
                             "capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"""))
                    .build();
            int status = HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .statusCode();
            assertThat(status).as(header[0]).isEqualTo(header[0].equals("Origin") ? 403 : 200);
        }
    }

    @Test
    void aPortThatIsTakenIsSaid() {
        ToolBox box = new ToolBox(shared, "peek", PictureSource.dataOnly(PictureLimits.DEFAULT), Spending.everything());
        assertThatThrownBy(() -> FoveaMcpServer.overHttp(box, "1", server.port()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be listened on");
    }

    @Test
    void filesAreReadOnlyWhereTheyMayBe() {
        assertThatThrownBy(() -> PictureSource.dataOnly(PictureLimits.DEFAULT).find(Peek.SCENE.toString()))
                .hasMessageContaining("This server reads no files");
        PictureSource any = PictureSource.anyFile(PictureLimits.DEFAULT);
        assertThat(any.picture(any.find(Peek.SCENE.toString())).width()).isEqualTo(448);
        assertThatThrownBy(() -> PictureSource.below(Path.of("no such folder"), PictureLimits.DEFAULT))
                .hasMessageContaining("There is no folder");
    }
}
