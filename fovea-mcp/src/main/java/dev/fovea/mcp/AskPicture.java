package dev.fovea.mcp;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code ask_picture}: a question about one picture or several, answered in words. */
record AskPicture(ToolBox box) implements Tool {
    private static final int MOST_PICTURES = 16;
    private static final int USUAL_TOKENS = 256;

    @Override
    public String name() {
        return "ask_picture";
    }

    @Override
    public String description() {
        return "Asks a vision-language model a question about one picture or several. A technique and a budget make it"
                + " cheaper by dropping or merging visual tokens.";
    }

    @Override
    public String schema() {
        return Schemas.of(
                List.of("pictures", "question"),
                "\"pictures\": {\"type\": \"array\", \"minItems\": 1, \"maxItems\": " + MOST_PICTURES
                        + ", \"items\": {\"type\": \"string\"}, \"description\": \"Pictures, in order: names of files, or"
                        + " the pictures themselves as data:image/png;base64,...\"}",
                Schemas.QUESTION,
                Schemas.TECHNIQUES,
                Schemas.BUDGET,
                Schemas.MAX_TOKENS);
    }

    @Override
    public Set<String> arguments() {
        return Set.of("pictures", "question", "techniques", "budget", "max_tokens");
    }

    @Override
    public CallToolResult call(Arguments arguments) {
        String question = arguments.text("question");
        Spending spending = box.spending().chosenBy(arguments);
        int most = arguments.whole("max_tokens", 1, Schemas.MOST_TOKENS, USUAL_TOKENS);
        List<String> named = arguments.texts("pictures");
        if (named.isEmpty() || named.size() > MOST_PICTURES) {
            throw new IllegalArgumentException(
                    "The argument 'pictures' must hold 1 to " + MOST_PICTURES + " pictures.");
        }
        List<RgbImage> pictures = new ArrayList<>();
        named.forEach(one -> pictures.add(box.pictures().read(one)));
        BatchAnswer done = box.shared()
                .ask(List.of(ChatMessage.of("user", pictures.size(), question)), pictures, spending.options(most));
        return CallToolResult.builder()
                .addTextContent(done.answer().text())
                .addTextContent(Accounts.line(done))
                .structuredContent(Accounts.map(box.name(), done))
                .build();
    }
}
