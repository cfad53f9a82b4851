package dev.fovea.mcp;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.List;
import java.util.Set;

/** {@code ask_picture}: a question about one picture or several, answered in words. */
record AskPicture(ToolBox box) implements Tool {
    private static final int USUAL_TOKENS = 256;

    @Override
    public String name() {
        return "ask_picture";
    }

    @Override
    public String description() {
        return "Asks a vision-language model a question about one picture or several; pages of PDF documents are pictures"
                + " too. A technique and a budget make it cheaper by dropping or merging visual tokens.";
    }

    @Override
    public String schema() {
        return Schemas.of(
                List.of("pictures", "question"),
                "\"pictures\": {\"type\": \"array\", \"minItems\": 1, \"maxItems\": " + Exhibits.MOST
                        + ", \"items\": {\"type\": \"string\"}, \"description\": \"Pictures and PDF documents, in order:"
                        + " names of files, or they themselves as data:image/png;base64,... and"
                        + " data:application/pdf;base64,...\"}",
                Schemas.QUESTION,
                PageArguments.SEVERAL,
                PageArguments.PASSWORD,
                Schemas.TECHNIQUES,
                Schemas.BUDGET,
                Schemas.MAX_TOKENS);
    }

    @Override
    public Set<String> arguments() {
        return Set.of("pictures", "question", "pages", "password", "techniques", "budget", "max_tokens");
    }

    @Override
    public CallToolResult call(Arguments arguments) {
        String question = arguments.text("question");
        Spending spending = box.spending().chosenBy(arguments);
        int most = arguments.whole("max_tokens", 1, Schemas.MOST_TOKENS, USUAL_TOKENS);
        List<RgbImage> pictures = box.exhibits().several(arguments);
        BatchAnswer done = box.shared()
                .ask(List.of(ChatMessage.of("user", pictures.size(), question)), pictures, spending.options(most));
        return CallToolResult.builder()
                .addTextContent(done.answer().text())
                .addTextContent(Accounts.line(done))
                .structuredContent(Accounts.map(box.name(), done))
                .build();
    }
}
