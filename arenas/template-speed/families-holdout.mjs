// Frozen and hidden, for the holdout alone: families of templates that validation does not have.
// canary: overnight-arena 5f1c0d3e template-speed holdout

export const FAMILIES = {
  account: [
    `<h1>{{ customer.name | capitalize | escape }}</h1>{% assign $a = 0 %}{% for $b in customer.orders %}{% unless $b.paid %}{% assign $a = $a | plus: $b.total %}<li>#{{ $b.number }}: {{ $b.total | divided_by: 100.0 | round: 2 | append: ' ' | append: shop.currency }}</li>{% endunless %}{% endfor %}{% if $a > $900 %}{{ $a }} $w{% endif %}`,
    `{% for $a in customer.orders %}{% if forloop.index > $2 %}{% break %}{% endif %}{% capture $b %}{{ $a.number }}-{{ forloop.rindex }}{% endcapture %}{{ $b | replace: '-', '/' | remove_first: '1' }}{% endfor %}`,
    `{% assign $a = customer.orders | map: 'total' %}{% for $b in $a %}{{ $b | divided_by: $2 | floor | at_most: 5000 }}{% unless forloop.last %}+{% endunless %}{% endfor %}={{ $a | sum }}`,
  ],
  blog: [
    `{% for $a in posts %}<article><h2>{{ $a.title | escape }}</h2><time>{{ $a.day | date: '%d.%m.%Y' }}</time>{{ $a.body | truncatewords: 1$1 | strip_newlines }}{% for $b in $a.tags %}<a href="/t/{{ $b | url_encode }}">{{ $b | downcase }}</a>{% endfor %}</article>{% endfor %}`,
    `{% assign $a = posts | map: 'tags' | join: ',' | split: ',' | uniq %}{% for $b in $a limit: $8 %}{{ $b | upcase | slice: 0, $3 }} {% endfor %}`,
    `{% for $a in posts offset: $1 %}{% assign $b = $a.body | split: ' ' %}{{ $b.size }} {{ $b[$1] | append: $b[-1] }} {{ $a.body | replace_first: 'wool', '$w' | size }}{% endfor %}`,
  ],
  mail: [
    `{% for $a in cart.items %}{{ $a.product.title }} × {{ $a.quantity }}{% if $a.product.images.size > 1 %} ({{ $a.product.images | map: 'alt' | join: ', ' }}){% endif %}
{% endfor %}{% if cart.count == $1 %}$w{% elsif cart.count != nil %}{{ cart.count | plus: $1 }}{% endif %}`,
    `{{ '$w' | prepend: shop.name | escape }}{{ shop.nothing | default: customer.name }}{% if customer.name and nothing %}x{% elsif customer %}y{% endif %}`,
    `{% decrement $a %}{% decrement $a %}{{ $a }}{% assign $b = 'x y z' | split: ' ' | reverse %}{{ $b | join }}{{ $b | concat: $b | size }}{{ '1.20' | times: $1 | abs }}`,
  ],
};
