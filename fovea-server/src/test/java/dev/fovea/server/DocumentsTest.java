package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.VisionLanguageModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** PDF documents in both forms of requests, with {@code peek}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentsTest {
    private static final String SIGN = "What is written on the sign?";

    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private VisionLanguageModel model;
    private FoveaServer server;

    @BeforeAll
    void start() {
        model = Peek.open();
        server = FoveaServer.start(
                new Served("peek", model, null),
                ServerOptions.defaults().withLog(new PrintStream(log, true, StandardCharsets.UTF_8)));
    }

    @AfterAll
    void stop() {
        server.close();
        model.close();
    }

    private static ObjectNode chat(String... files) {
        ObjectNode request = Peek.JSON.createObjectNode().put("model", "peek");
        ArrayNode content =
                request.putArray("messages").addObject().put("role", "user").putArray("content");
        for (String data : files) {
            content.addObject()
                    .put("type", "file")
                    .putObject("file")
                    .put("filename", "paper.pdf")
                    .put("file_data", data);
        }
        content.addObject().put("type", "text").put("text", SIGN);
        return request;
    }

    private Peek.Reply ask(ObjectNode request) {
        return Peek.post(server, "/v1/chat/completions", request);
    }

    private static int total(Peek.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().at("/usage/visual_tokens/total").asInt();
    }

    private static void refused(Peek.Reply reply, String param, String... parts) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.json().at("/error/param").asText()).isEqualTo(param);
        assertThat(reply.sentence()).contains(parts);
    }

    @Test
    void aChosenPageIsAskedAboutAsThePictureOnIt() {
        ObjectNode request = chat(Papers.dataUrl(Papers.scene(3, 2, null)));
        request.putObject("fovea").put("pages", "2");
        Peek.Reply reply = ask(request);
        assertThat(total(reply)).isEqualTo(256);
        assertThat(reply.json().at("/choices/0/message/content").asText()).isEqualTo("STOP");
        ObjectNode number = chat(Papers.dataUrl(Papers.scene(3, 2, null)));
        number.putObject("fovea").put("pages", 2);
        assertThat(ask(number).json().at("/choices/0/message/content").asText()).isEqualTo("STOP");
    }

    @Test
    void everyPageIsAPictureBesideOthers() {
        ObjectNode request = chat(Papers.dataUrl(Papers.scene(2, 1, null)));
        ((ArrayNode) request.at("/messages/0/content"))
                .insertObject(0)
                .put("type", "image_url")
                .putObject("image_url")
                .put("url", Peek.sceneUrl());
        assertThat(total(ask(request))).isEqualTo(3 * 256);
    }

    @Test
    void documentsHaveChoicesOfTheirOwn() {
        ObjectNode request = chat(Papers.dataUrl(Papers.scene(4, 1, null)), Papers.dataUrl(Papers.scene(3, 1, null)));
        request.putObject("fovea").putArray("pages").add("1").add("2-");
        assertThat(total(ask(request))).isEqualTo(3 * 256);
        ObjectNode few = chat(
                Papers.dataUrl(Papers.scene(1, 1, null)),
                Papers.dataUrl(Papers.scene(1, 1, null)),
                Papers.dataUrl(Papers.scene(1, 1, null)));
        few.putObject("fovea").putArray("pages").add("1").add("1");
        refused(ask(few), "fovea.pages", "chooses pages of 2 documents");
    }

    @Test
    void responsesTakeDocumentsToo() {
        ObjectNode request = Peek.JSON.createObjectNode().put("model", "peek");
        ArrayNode content =
                request.putArray("input").addObject().put("role", "user").putArray("content");
        content.addObject()
                .put("type", "input_file")
                .put("filename", "paper.pdf")
                .put("file_data", Papers.dataUrl(Papers.scene(1, 1, null)));
        content.addObject().put("type", "input_text").put("text", SIGN);
        Peek.Reply reply = Peek.post(server, "/v1/responses", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.json().at("/output/0/content/0/text").asText()).isEqualTo("STOP");
    }

    @Test
    void filesMayBeBareBase64OrPictures() throws IOException {
        String bare = Base64.getEncoder().encodeToString(Papers.scene(1, 1, null));
        assertThat(ask(chat(bare)).json().at("/choices/0/message/content").asText())
                .isEqualTo("STOP");
        String png = Base64.getEncoder().encodeToString(Files.readAllBytes(Peek.SCENE));
        assertThat(ask(chat(png)).json().at("/choices/0/message/content").asText())
                .isEqualTo("STOP");
    }

    @Test
    void anEncryptedDocumentWantsItsPasswordWhichNobodyGetsToSee() {
        String locked = Papers.dataUrl(Papers.scene(1, 1, "sesame-street"));
        refused(ask(chat(locked)), "fovea.password", "File 1 is encrypted; give its password");
        ObjectNode wrong = chat(locked);
        wrong.putObject("fovea").put("password", "wrong-street");
        refused(ask(wrong), "fovea.password", "the password is not the one");
        ObjectNode right = chat(locked);
        right.putObject("fovea").put("password", "sesame-street");
        Peek.Reply reply = ask(right);
        assertThat(total(reply)).isEqualTo(256);
        assertThat(reply.body()).doesNotContain("sesame-street");
        assertThat(ask(wrong).body()).doesNotContain("wrong-street");
        assertThat(log.toString(StandardCharsets.UTF_8)).isNotEmpty().doesNotContain("-street");
    }

    @Test
    void whatCannotBeReadIsSaid() {
        byte[] whole = Papers.scene(17, 1, null);
        refused(
                ask(chat(Papers.dataUrl(whole))),
                "messages",
                "File 1 has 17 pages, more than the 16 that are read at once");
        refused(
                ask(chat(Papers.dataUrl(Arrays.copyOf(whole, 40)))),
                "messages",
                "File 1 is a damaged PDF document; save or download it again.");
        refused(ask(chat(Papers.dataUrl(Papers.scene(0, 0, null)))), "messages", "File 1 has no pages");
        refused(ask(chat("%%%")), "messages", "File 1 is not valid base64.");
        refused(ask(chat("data:application/pdf;base64,AAAA")), "messages", "File 1 is not a picture");
        ObjectNode pages = chat(Papers.dataUrl(whole));
        pages.putObject("fovea").put("pages", "one");
        refused(ask(pages), "fovea.pages", "names no pages");
        ObjectNode none = chat(Papers.dataUrl(whole));
        none.putObject("fovea").put("pages", "18");
        refused(ask(none), "messages", "File 1 has 17 pages, and no page 18.");
        ObjectNode two = chat(Papers.dataUrl(whole), Papers.dataUrl(whole));
        two.putObject("fovea").put("pages", "1-9");
        refused(ask(two), "messages", "The request has 18 pictures; at most 16 are taken.");
        ObjectNode kept = chat(Papers.dataUrl(whole));
        ((ObjectNode) kept.at("/messages/0/content/0/file")).removeAll();
        refused(ask(kept), "messages[0].content[0].file.file_data", "A file needs its content");
        ((ObjectNode) kept.at("/messages/0/content/0/file")).put("file_id", "file-1");
        refused(ask(kept), "messages[0].content[0].file.file_id", "Files are not kept by this server");
    }

    private Peek.Reply pages(byte[] pdf, String wish) {
        return pages(Papers.dataUrl(pdf), wish);
    }

    private Peek.Reply pages(String data, String wish) {
        return Peek.post(
                server,
                "/v1/pages",
                "{\"model\":\"peek\",\"file\":{\"file_data\":\"" + data + "\"},\"fovea\":" + wish + "}");
    }

    /** What is drawn is what the model is shown: an answer about the page's picture is that about the page. */
    @Test
    void pagesAreShownAsTheModelSeesThem() {
        Peek.Reply reply = pages(Papers.scene(3, 2, null), "{\"pages\":[\"2-\"]}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.json().path("page_count").asInt()).isEqualTo(3);
        assertThat(reply.json().path("data").findValuesAsText("number")).containsExactly("2", "3");
        JsonNode page = reply.json().at("/data/0");
        assertThat(page.path("width").asInt())
                .isEqualTo(224)
                .isEqualTo(page.path("height").asInt());
        ObjectNode chat = Peek.chat(SIGN, page.path("url").asText());
        assertThat(ask(chat).json().at("/choices/0/message/content").asText()).isEqualTo("STOP");
    }

    @Test
    void pagesThatCannotBeDrawnAreRefusedAsInChats() {
        refused(pages(Papers.scene(2, 1, null), "{\"pages\":\"3\"}"), "file.file_data", "has 2 pages, and no page 3");
        refused(pages(Papers.scene(17, 1, null), "{}"), "file.file_data", "more than the 16 that are read at once");
        refused(pages(Papers.scene(1, 1, "sesame"), "{}"), "fovea.password", "The file is encrypted");
        refused(pages("%%%", "{}"), "file.file_data", "The file is not valid base64.");
        refused(pages("https://example.org/a.pdf", "{}"), "file.file_data", "not valid base64");
        refused(pages(Peek.sceneUrl(), "{}"), "file.file_data", "The file is no PDF document");
        refused(pages(Papers.scene(1, 1, null), "{\"page\":1}"), "fovea.page", "did you mean 'pages'");
        refused(Peek.post(server, "/v1/pages", "{\"model\":\"peek\"}"), "file", "Pages are those of a 'file'");
        refused(
                Peek.post(server, "/v1/pages", "{\"file\":{\"file_id\":\"file-1\"}}"),
                "file.file_id",
                "Files are not kept");
    }
}
