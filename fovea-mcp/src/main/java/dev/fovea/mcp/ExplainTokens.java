package dev.fovea.mcp;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.text.ChatMessage;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;

/** {@code explain_tokens}: what became of every visual token on the way to an answer, in words, numbers and a picture. */
record ExplainTokens(ToolBox box) implements Tool {
    private static final int USUAL_TOKENS = 64;

    @Override
    public String name() {
        return "explain_tokens";
    }

    @Override
    public String description() {
        return "Asks a question about a picture and shows which parts of the picture the model still saw: what each step"
                + " dropped or merged, how many visual tokens each layer held, a map of the patches, and the picture with"
                + " dropped patches dimmed.";
    }

    @Override
    public String schema() {
        return Schemas.of(
                List.of("picture", "question"),
                Schemas.PICTURE,
                Schemas.QUESTION,
                PageArguments.SINGLE,
                PageArguments.PASSWORD,
                Schemas.TECHNIQUES,
                Schemas.BUDGET,
                Schemas.MAX_TOKENS);
    }

    @Override
    public Set<String> arguments() {
        return Set.of("picture", "question", "page", "password", "techniques", "budget", "max_tokens");
    }

    @Override
    public CallToolResult call(Arguments arguments) {
        String question = arguments.text("question");
        Spending spending = box.spending().chosenBy(arguments);
        int most = arguments.whole("max_tokens", 1, Schemas.MOST_TOKENS, USUAL_TOKENS);
        RgbImage picture = box.exhibits().single(arguments);
        BatchAnswer done = box.shared()
                .ask(List.of(ChatMessage.of("user", 1, question)), List.of(picture), spending.options(most));
        Ledger ledger = done.answer().ledger();
        Fates fates = Fates.of(ledger);
        Map<String, Object> accounts = Accounts.map(box.name(), done);
        accounts.put("stations", fates.stations());
        accounts.put("maps", fates.maps());
        accounts.put("decoder_tokens", ledger.decoderTokens());
        accounts.put("cached_tokens", ledger.cachedTokens());
        return CallToolResult.builder()
                .addTextContent(done.answer().text())
                .addTextContent(Accounts.line(done) + "\n" + fates.words())
                .addContent(ImageContent.builder(overlay(picture, done), "image/png")
                        .build())
                .structuredContent(accounts)
                .build();
    }

    private String overlay(RgbImage picture, BatchAnswer done) {
        BufferedImage drawn = Overlay.draw(
                picture,
                done.answer().geometry(),
                box.shared().model().shape().tokenPixels(),
                done.answer().ledger(),
                0,
                Overlay.Style.TOKENS);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(drawn, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
