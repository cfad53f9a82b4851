package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.VisionLanguageModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;
import org.jspecify.annotations.Nullable;
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

    /** Empty pages, but for one that is all of the scene. */
    private static byte[] paper(int pages, int scene, @Nullable String password) {
        try (PDDocument document = new PDDocument()) {
            for (int number = 1; number <= pages; number++) {
                PDPage page = new PDPage(new PDRectangle(448, 448));
                document.addPage(page);
                if (number == scene) {
                    try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                        content.drawImage(
                                PDImageXObject.createFromFileByContent(Peek.SCENE.toFile(), document), 0, 0, 448, 448);
                    }
                }
            }
            if (password != null) {
                document.protect(new StandardProtectionPolicy("owner", password, new AccessPermission()));
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String dataUrl(byte[] pdf) {
        return "data:application/pdf;base64," + Base64.getEncoder().encodeToString(pdf);
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
        ObjectNode request = chat(dataUrl(paper(3, 2, null)));
        request.putObject("fovea").put("pages", "2");
        Peek.Reply reply = ask(request);
        assertThat(total(reply)).isEqualTo(256);
        assertThat(reply.json().at("/choices/0/message/content").asText()).isEqualTo("STOP");
        ObjectNode number = chat(dataUrl(paper(3, 2, null)));
        number.putObject("fovea").put("pages", 2);
        assertThat(ask(number).json().at("/choices/0/message/content").asText()).isEqualTo("STOP");
    }

    @Test
    void everyPageIsAPictureBesideOthers() {
        ObjectNode request = chat(dataUrl(paper(2, 1, null)));
        ((ArrayNode) request.at("/messages/0/content"))
                .insertObject(0)
                .put("type", "image_url")
                .putObject("image_url")
                .put("url", Peek.sceneUrl());
        assertThat(total(ask(request))).isEqualTo(3 * 256);
    }

    @Test
    void documentsHaveChoicesOfTheirOwn() {
        ObjectNode request = chat(dataUrl(paper(4, 1, null)), dataUrl(paper(3, 1, null)));
        request.putObject("fovea").putArray("pages").add("1").add("2-");
        assertThat(total(ask(request))).isEqualTo(3 * 256);
        ObjectNode few = chat(dataUrl(paper(1, 1, null)), dataUrl(paper(1, 1, null)), dataUrl(paper(1, 1, null)));
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
                .put("file_data", dataUrl(paper(1, 1, null)));
        content.addObject().put("type", "input_text").put("text", SIGN);
        Peek.Reply reply = Peek.post(server, "/v1/responses", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.json().at("/output/0/content/0/text").asText()).isEqualTo("STOP");
    }

    @Test
    void filesMayBeBareBase64OrPictures() throws IOException {
        String bare = Base64.getEncoder().encodeToString(paper(1, 1, null));
        assertThat(ask(chat(bare)).json().at("/choices/0/message/content").asText())
                .isEqualTo("STOP");
        String png = Base64.getEncoder().encodeToString(Files.readAllBytes(Peek.SCENE));
        assertThat(ask(chat(png)).json().at("/choices/0/message/content").asText())
                .isEqualTo("STOP");
    }

    @Test
    void anEncryptedDocumentWantsItsPasswordWhichNobodyGetsToSee() {
        String locked = dataUrl(paper(1, 1, "sesame-street"));
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
        byte[] whole = paper(17, 1, null);
        refused(ask(chat(dataUrl(whole))), "messages", "File 1 has 17 pages, more than the 16 that are read at once");
        refused(
                ask(chat(dataUrl(Arrays.copyOf(whole, 40)))),
                "messages",
                "File 1 is a damaged PDF document; save or download it again.");
        refused(ask(chat(dataUrl(paper(0, 0, null)))), "messages", "File 1 has no pages");
        refused(ask(chat("%%%")), "messages", "File 1 is not valid base64.");
        refused(ask(chat("data:application/pdf;base64,AAAA")), "messages", "File 1 is not a picture");
        ObjectNode pages = chat(dataUrl(whole));
        pages.putObject("fovea").put("pages", "one");
        refused(ask(pages), "fovea.pages", "names no pages");
        ObjectNode none = chat(dataUrl(whole));
        none.putObject("fovea").put("pages", "18");
        refused(ask(none), "messages", "File 1 has 17 pages, and no page 18.");
        ObjectNode two = chat(dataUrl(whole), dataUrl(whole));
        two.putObject("fovea").put("pages", "1-9");
        refused(ask(two), "messages", "The request has 18 pictures; at most 16 are taken.");
        ObjectNode kept = chat(dataUrl(whole));
        ((ObjectNode) kept.at("/messages/0/content/0/file")).removeAll();
        refused(ask(kept), "messages[0].content[0].file.file_data", "A file needs its content");
        ((ObjectNode) kept.at("/messages/0/content/0/file")).put("file_id", "file-1");
        refused(ask(kept), "messages[0].content[0].file.file_id", "Files are not kept by this server");
    }
}
