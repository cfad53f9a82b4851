package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.document.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants of its documents: fields of its {@code fovea} object.
 *
 * @param pages of each document, or of all where there is one choice; none for all pages
 * @param password of the encrypted ones, or null
 */
record DocumentWish(List<Pages> pages, @Nullable String password) {
    static final Set<String> FIELDS = Set.of("pages", "password");

    static DocumentWish of(Fields request) {
        Fields fovea = request.object("fovea");
        if (fovea == null) {
            return new DocumentWish(List.of(), null);
        }
        List<Pages> pages = new ArrayList<>();
        JsonNode given = fovea.get("pages");
        if (given != null && given.isIntegralNumber()) {
            pages.add(parsed(given.asText()));
        } else {
            fovea.texts("pages").forEach(text -> pages.add(parsed(text)));
        }
        return new DocumentWish(pages, fovea.text("password"));
    }

    private static Pages parsed(String text) {
        try {
            return Pages.parse(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("fovea.pages", Printable.sentence(String.valueOf(e.getMessage())));
        }
    }

    /**
     * The pages of one document.
     *
     * @param index among the documents of the request
     * @throws ApiException if pages were chosen for fewer documents
     */
    Pages pages(int index) {
        if (pages.isEmpty()) {
            return Pages.all();
        }
        if (pages.size() > 1 && index >= pages.size()) {
            throw ApiException.invalid(
                    "fovea.pages",
                    "'fovea.pages' chooses pages of " + pages.size()
                            + " documents, and the request has more; give one choice for all, or one for each.");
        }
        return pages.get(pages.size() == 1 ? 0 : index);
    }

    /** Without the password, wherever this may be printed. */
    @Override
    public String toString() {
        return "DocumentWish[pages=" + pages + "]";
    }
}
