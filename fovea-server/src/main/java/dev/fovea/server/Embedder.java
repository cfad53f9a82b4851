package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pictures and texts as vectors of length 1 in the space that a dual encoder has for both. One thread computes, as many
 * requests as the queue holds wait for it.
 */
final class Embedder implements AutoCloseable {
    private static final int MOST_ITEMS = 2_048;
    private static final Set<String> KNOWN = Set.of("type", "text", "image", "image_url");

    private final DualEncoder encoder;
    private final Pictures pictures;
    private final Limits limits;
    private final Semaphore places;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("fovea-embed").daemon().factory());

    Embedder(DualEncoder encoder, Pictures pictures, ServerOptions options) {
        this.encoder = encoder;
        this.pictures = pictures;
        this.limits = options.limits();
        this.places = new Semaphore(options.batch().waiting());
    }

    /**
     * Something to embed.
     *
     * @param text or null
     * @param picture its data URL, or null
     */
    record Item(@Nullable String text, @Nullable String picture) {}

    /** A text, or an object with a text or a picture. */
    static Item item(JsonNode node, String path) {
        if (node.isTextual()) {
            return text(node.textValue(), path);
        }
        if (!node.isObject()) {
            throw ApiException.invalid(
                    path,
                    "'" + path
                            + "' must be a text, or an object with a 'text' or an 'image'; lists of tokens are not taken.");
        }
        Fields fields = Fields.of(node, path);
        fields.only(KNOWN);
        String text = fields.text("text");
        String image = fields.text("image");
        JsonNode url = fields.get("image_url");
        if (url != null) {
            image = url.isObject() ? Fields.of(url, path + ".image_url").text("url") : fields.text("image_url");
        }
        if ((text == null) == (image == null)) {
            throw ApiException.invalid(path, "'" + path + "' must have a 'text' or an 'image', and not both.");
        }
        return text != null ? text(text, path) : new Item(null, image);
    }

    private static Item text(String text, String path) {
        if (text.isEmpty()) {
            throw ApiException.invalid(path, "'" + path + "' is empty; give a text.");
        }
        return new Item(text, null);
    }

    /** One item, or a list of them. */
    static List<Item> items(@Nullable JsonNode node, String path) {
        if (node == null) {
            throw ApiException.invalid(path, "The request needs '" + path + "'.");
        }
        if (!node.isArray()) {
            return List.of(item(node, path));
        }
        if (node.isEmpty() || node.size() > MOST_ITEMS) {
            throw ApiException.invalid(
                    path, "'" + path + "' must hold 1 to " + MOST_ITEMS + " items, not " + node.size() + ".");
        }
        List<Item> all = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            all.add(item(node.get(i), path + "[" + i + "]"));
        }
        return all;
    }

    /** A vector of length 1 to each item. */
    List<float[]> embed(List<Item> items, String path) {
        List<String> urls = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (Item item : items) {
            if (item.picture != null) {
                urls.add(item.picture);
            }
            if (item.text != null) {
                texts.add(item.text);
            }
        }
        if (!places.tryAcquire()) {
            throw ApiException.busy(429, "queue_full", "The queue is full; ask again later.", 1);
        }
        try {
            List<RgbImage> images = pictures.decode(urls, path);
            Matrix ofPictures = images.isEmpty() ? null : inTurn(() -> encoder.embedImages(images));
            Matrix ofTexts = texts.isEmpty() ? null : inTurn(() -> encoder.embedTexts(texts));
            List<float[]> all = new ArrayList<>();
            int picture = 0;
            int text = 0;
            for (Item item : items) {
                all.add(item.picture == null ? row(ofTexts, text++) : row(ofPictures, picture++));
            }
            return all;
        } finally {
            places.release();
        }
    }

    private static float[] row(@Nullable Matrix matrix, int index) {
        if (matrix == null) {
            throw new IllegalStateException("An item was not embedded");
        }
        return matrix.unitRow(index);
    }

    private <T> T inTurn(Callable<T> work) {
        try {
            return thread.submit(work).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw ApiException.invalid("input", Printable.sentence(String.valueOf(wrong.getMessage())));
            }
            throw new IllegalStateException("The encoder failed", e);
        } catch (RejectedExecutionException e) {
            throw ApiException.busy(
                    503, "shutting_down", "The server is shutting down; ask it again when it is back.", 5);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The request was interrupted", e);
        }
    }

    /** Tokens of all texts together. */
    int tokens(List<Item> items) {
        int sum = 0;
        for (Item item : items) {
            sum += item.text == null ? 0 : encoder.tokens(item.text);
        }
        return sum;
    }

    /** Pictures among items. */
    static long pictures(List<Item> items) {
        return items.stream().filter(item -> item.picture != null).count();
    }

    Limits limits() {
        return limits;
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
