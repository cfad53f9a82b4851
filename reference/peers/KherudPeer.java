import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JVM's llama.cpp by JNI, {@code de.kherud:llama}, answering in turns with the library that its jar brings.
 *
 * <p>{@code java -cp JARS KherudPeer.java MODEL.gguf PROMPT.json TOKENS}; lines as {@code turns.py} says. Words are made tokens
 * in every round, which cannot be left out, and ids are not told: an answer is as many pieces as it has tokens.
 */
final class KherudPeer {
    private static final int THREADS = 2;
    private static final int WARM_UP = 2;
    private static final int ROOM = 64;

    private KherudPeer() {}

    public static void main(String[] args) throws Exception {
        String prompt = Files.readString(Path.of(args[1]));
        String text = unescaped(field(prompt, "\"marked\": \"((?:[^\"\\\\]|\\\\.)*)\""));
        int promptTokens = Integer.parseInt(field(prompt, "\"prompt_tokens\": (\\d+)"));
        int tokens = Integer.parseInt(args[2]);
        ModelParameters options = new ModelParameters()
                .setModel(args[0])
                .setThreads(THREADS)
                .setThreadsBatch(THREADS)
                .setCtxSize(promptTokens + tokens + ROOM)
                .setGpuLayers(0);
        LlamaModel model = new LlamaModel(options);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (int i = 0; i < WARM_UP; i++) {
                ask(model, text, tokens);
            }
            int read = model.encode(text).length;
            System.out.println("{\"engine\": \"de.kherud:llama 4.2.0\", \"prompt_tokens\": " + read
                    + ", \"answer_tokens\": " + tokens + "}");
            while (lines.readLine() != null) {
                System.out.println(ask(model, text, tokens));
            }
        }
        // Closing the model waits for ever.
        Runtime.getRuntime().halt(0);
    }

    private static String ask(LlamaModel model, String text, int tokens) {
        InferenceParameters asked = new InferenceParameters(text)
                .setNPredict(tokens)
                .setTemperature(0)
                .setIgnoreEos(true)
                .setCachePrompt(false);
        long start = System.nanoTime();
        LlamaIterator pieces = model.generate(asked).iterator();
        pieces.next();
        long read = System.nanoTime();
        while (pieces.hasNext()) {
            pieces.next();
        }
        long end = System.nanoTime();
        double first = (read - start) / 1e6;
        return "{\"encoder_ms\": 0.0, \"prefill_ms\": " + first + ", \"first_token_ms\": " + first + ", \"token_ms\": "
                + (end - read) / 1e6 / (tokens - 1) + ", \"whole_ms\": " + (end - start) / 1e6 + ", \"ids\": []}";
    }

    private static String field(String json, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(json);
        if (!found.find()) {
            throw new IllegalArgumentException("The prompt's file has no " + pattern);
        }
        return found.group(1);
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
    }
}
