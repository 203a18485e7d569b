// Frozen and hidden: the fragments of validation. The holdout has families of its own.

export const FAMILIES = {
  list: [
    `<ul>{% for $a in products limit:1$1 offset:$2 %}<li class="{% cycle 'odd','even' %} {% if $a.available %}in{% else %}out{% endif %}"><a href="/p/{{ $a.title | downcase | replace: ' ', '-' | url_encode }}">{{ $a.title | escape | truncatewords: $3 }}</a>{% if $a.compare_at_price > $a.price %}<del>{{ $a.compare_at_price | divided_by: 100.0 | round: 2 }}</del>{% endif %}<b>{{ $a.price | divided_by: 100.0 | round: 2 }} {{ shop.currency }}</b></li>{% else %}none{% endfor %}</ul>`,
    `{% for $a in products %}{% for $b in $a.tags %}{{ $b | capitalize }}{% unless forloop.last %}, {% endunless %}{% endfor %}<p>{{ $a.description | strip_html | truncate: 8$1 }}</p>{% endfor %}`,
    `{% for $a in products reversed %}{% if $a.variants.size > 2 and $a.price > $150 or $a.tags contains 'wool' %}{{ $a.title | split: ' ' | join: '-' }}{% for $b in $a.variants reversed %}{% if $b.stock == 0 %}{% continue %}{% endif %}[{{ $b.sku }}:{{ $b.title | slice: 0, $1 }}:{{ $b.price | minus: $5 | at_least: 0 }}]{% endfor %}{% endif %}{% endfor %}`,
    `{% tablerow $a in products cols:$2 limit:1$1 %}{{ $a.title }} {{ $a.images.first.src | default: 'no$1.jpg' }}{% endtablerow %}`,
    `{% for $a in products %}{{ forloop.index0 }}/{{ forloop.length }}{% if forloop.first %}<i>{{ $a.id }}</i>{% endif %}{{ $a.images[0].alt }}{{ $a['title'] | size }}{% endfor %}`,
  ],
  cart: [
    `{% assign $a = 0 %}<table>{% for $b in cart.items %}{% assign $c = $b.quantity | times: $b.product.price %}{% assign $a = $a | plus: $c %}<tr><td>{{ forloop.index }}</td><td>{{ $b.product.title | escape }}</td><td>{{ $b.quantity }}</td><td>{{ $c | divided_by: 100.0 | round: 2 }}</td></tr>{% endfor %}</table>{{ $a | divided_by: 100.0 | round: 2 }}`,
    `{% for $b in cart.items %}{% case $b.product.vendor %}{% when 'red' or 'blue' %}colour$1{% when 'wool' %}cloth{% else %}{{ $b.product.vendor | upcase }}{% endcase %}{% endfor %}`,
    `{% capture $a %}{{ shop.name | escape }}: {{ cart.count }} $w{% endcapture %}{{ $a | append: '!' | prepend: '$1 ' }}`,
    `{% for $a in (1..$9) %}{% if $a == page %}<b>{{ $a }}</b>{% elsif $a > 4 and $a < 7 %}{% increment $b %}{% else %}<a href="?p={{ $a }}">{{ $a | modulo: 3 }}</a>{% endif %}{% endfor %}`,
  ],
  sorted: [
    `{% assign $a = products | sort: 'price' %}{% assign $b = products | map: 'vendor' | uniq | sort %}{% for $c in $b %}<h2>{{ $c }}</h2>{% assign $d = $a | where: 'vendor', $c %}{% for p in $d limit: $3 %}{{ p.title }}{% endfor %}{% endfor %}`,
    `{% assign $a = products | where: 'available' | map: 'price' | sort | reverse %}{{ $a | first }} {{ $a | last }} {{ $a | size }} {{ $a | join: '|' }}`,
    `{% assign $a = products | group_by: 'vendor' %}{% for $b in $a %}{{ $b.name }}={{ $b.items.size }};{% endfor %}`,
  ],
  edges: [
    `{% raw %}{{ not parsed $1 }}{% endraw %}{%- comment -%} $w {% if %} {%- endcomment -%}{{- '$w' -}} {{ 'a\\nb' | newline_to_br }}`,
    `{{ missing.thing.deep }}{{ nothing | default: '$w' }}{{ nothing.x }}{{ empty }}{% if nothing == nil %}nil{% endif %}{% if '' == empty %}empty{% endif %}`,
    `{{ products.size | plus: '$1' | times: 1.5 | ceil | append: nil }}{{ '$12.50' | plus: 1 }}{{ 'x' | minus: 1 }}{{ 7 | divided_by: $2 }}{{ -7 | modulo: 3 }}{{ 3.7 | floor }}`,
    `{{ '$w' | no_such_filter: 1 | upcase }}{{ shop['open-days'] | join: '+' }}{{ shop.open-days.last }}`,
    `{% assign $a = 'a,b,,c' | split: ',' %}{{ $a | compact | join: '.' }}{{ $a[-1] }}{{ $a[$1] }}{{ $a.first | append: $a.last }}{{ '  $w ' | strip | lstrip }}|{{ '<i>' | escape_once }}`,
    `{% if page > 3 and false or true %}1{% else %}2{% endif %}{% unless page contains 2 %}u{% endunless %}{% if 'ab' contains 'b' and products.first.title != blank %}c{% endif %}{{ page | at_most: $3 }}`,
    `{{ products | json | size }}{{ products[$1].tags | json }}{{ 'now' | size }}{{ '%25$w' | url_decode }}{{ '2024-03-0$1' | date: '%Y/%m/%d %a' }}`,
    `{% for $a in products limit: $1 %}{{ $a.nope.deep | divided_by: 0 }}{% endfor %}`,
    `{% assign $a = products.first.price | divided_by: 0 %}{{ $a }}{% endif %}`,
    `{% liquid\n assign $a = $1\n if $a > 3\n echo $a | plus: 1\n else\n echo '$w'\n endif %}{% echo page | times: 2 %}{% # a comment %}`,
  ],
};
