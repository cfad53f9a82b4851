package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.image.RgbImage;
import dev.fovea.document.Document;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Set;
import javax.imageio.ImageIO;

/**
 * {@code /v1/pages}: pages of a PDF document as the pictures that the model is shown of them, for clients that want to
 * see what they ask about, as the explorer does.
 */
record PagesEndpoint(Catalogue catalogue, Documents documents) implements Gateway.BodyAction {
    private static final Set<String> KNOWN = Set.of("model", "file", "fovea", "user");
    private static final Set<String> FILE = Set.of("filename", "file_data", "file_id", "file_url");

    @Override
    public void answer(Call call, JsonNode body) throws IOException {
        String model = catalogue.chat(body);
        call.model(model);
        Fields request = Fields.of(body, "");
        request.only(KNOWN);
        Fields file = request.object("file");
        if (file == null) {
            throw ApiException.invalid("file", "Pages are those of a 'file' with its 'file_data'.");
        }
        file.only(FILE);
        Fields wish = request.object("fovea");
        if (wish != null) {
            wish.only(DocumentFields.NAMES);
        }
        String param = "file.file_data";
        byte[] bytes = Documents.bytes(PromptReader.data(file), "The file", param);
        Document drawn = documents.draw(bytes, "The file", DocumentFields.read(request), 0, param);
        call.line().put("items", drawn.pages().size());
        call.json(200, answer(model, drawn));
    }

    private static ObjectNode answer(String model, Document drawn) throws IOException {
        ObjectNode answer = Answers.JSON
                .createObjectNode()
                .put("object", "list")
                .put("model", model)
                .put("page_count", drawn.count());
        ArrayNode data = answer.putArray("data");
        for (Document.Page page : drawn.pages()) {
            RgbImage image = page.image();
            data.addObject()
                    .put("object", "page")
                    .put("number", page.number())
                    .put("width", image.width())
                    .put("height", image.height())
                    .put("url", url(image));
        }
        ArrayNode notes = answer.putArray("notes");
        drawn.notes().forEach(notes::add);
        return answer;
    }

    private static String url(RgbImage image) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image.toBufferedImage(), "png", png);
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }
}
